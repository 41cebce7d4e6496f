import type { MesheryEvent } from 'meshery-live'

const hook = process.env['HOOK_URL']

/**
 * Prints an event, and posts it to `HOOK_URL` if that is set. A receiver that refuses it ends the bot, which
 * handles the event again after its restart: the id lets the receiver drop the double.
 */
export async function handle({ id, createdAt, severity, description }: MesheryEvent): Promise<void> {
  if (hook !== undefined) {
    const response = await fetch(hook, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(id !== null && { 'webhook-id': id }) },
      body: JSON.stringify({ text: `${severity}: ${description}` }),
      // A redirect leads to a login: what answers there has not received the event.
      redirect: 'manual',
      signal: AbortSignal.timeout(10_000),
    })
    if (!response.ok) throw new Error(`The receiver answered ${response.status}`)
  }
  console.log(createdAt, severity, description)
}
