/** A stream of server-sent events, as a page has it. */
export interface OpenStream {
  /** Whether the server has neither ended it nor broken it off. */
  isOpen(): boolean
}

/** Opens the stream of events behind this address, signed in with the Local provider, and reads it. */
export const openStream = async (url: string): Promise<OpenStream> => {
  const answer = await fetch(`${url}/api/system/events/subscribe`, {
    headers: { accept: 'text/event-stream', cookie: 'meshery-provider=Local' },
  })
  if (!answer.ok || answer.body === null) throw new Error(`The stream was answered with ${answer.status}`)
  let isOpen = true
  const end = (): void => {
    isOpen = false
  }
  // Both are an end: a page reconnects after each.
  answer.body.pipeTo(new WritableStream()).then(end, end)
  return { isOpen: () => isOpen }
}
