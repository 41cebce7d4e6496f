import { Helper } from '../child.mjs'
import { median, sleep, thousands, two } from '../statistics.mjs'

/** How late a timer may be at p99 while a rate is sustained, in milliseconds. */
const latestMs = 50
const firstRate = 5_000
/** How much the rate changes from a step to the next, at first. It is halved, as a part of a doubling, at each turn. */
const firstFactor = 2
/** With a factor below this, the rate is near the one that is looked for. */
const nearFactor = 1.2

/**
 * Finds the rate that one contender sustains: up when a step holds, down when it does not, by less and less. The result is
 * the median of the rates near the end, so that no single step decides.
 */
class Climb {
  #rate = firstRate
  #factor = firstFactor
  #direction = 1
  #near = []
  #sent = 0
  #url
  #follower = new Helper('contenders/load.mjs')
  #server
  #ms
  #arrivalMs

  /** @param ms How long a step takes. @param arrivalMs How long to wait for what was pushed, before the next step. */
  constructor(server, { ms, arrivalMs }) {
    this.#server = server
    this.#ms = ms
    this.#arrivalMs = arrivalMs
  }

  async start(contender) {
    this.#url = await this.#server.call('open', { rows: 10 })
    await this.#follower.call('start', contender, this.#url)
    while ((await this.#server.call('subscribers', this.#url)) === 0) await sleep(20)
  }

  async step() {
    const direction = (await this.#holds()) ? 1 : -1
    if (direction !== this.#direction) this.#factor = Math.max(Math.sqrt(this.#factor), 1.1)
    this.#direction = direction
    if (this.#factor < nearFactor) this.#near.push(this.#rate)
    this.#rate *= this.#factor ** direction
  }

  /** Whether everything was pushed and came at this rate, and timers were not late. */
  async #holds() {
    const before = await this.#follower.call('came', 0, 0)
    const [lagMs, pushed] = await Promise.all([
      this.#follower.call('lag', this.#ms),
      this.#server.call('push', this.#url, this.#rate, this.#ms),
    ])
    this.#sent += pushed
    const { dropped, waitedMs } = await this.#follower.call('came', this.#sent, this.#arrivalMs)
    return (
      lagMs <= latestMs &&
      waitedMs <= latestMs &&
      dropped === before.dropped &&
      pushed >= (this.#rate * this.#ms * 0.95) / 1000
    )
  }

  /** Events a second. */
  get sustained() {
    return median(this.#near.length > 0 ? this.#near : [this.#rate])
  }

  /** Waits until everything came. Throws if it does not. */
  async end() {
    const { received, dropped } = await this.#follower.call('came', this.#sent, 15_000)
    this.#follower.kill()
    if (received + dropped < this.#sent) throw new Error(`${this.#sent - received - dropped} events were lost silently`)
  }
}

/** The rate that each contender sustains, by its name. They take their steps in turn. */
async function climb(contenders, { steps, ...how }) {
  const server = new Helper('servers/lean.mjs')
  const climbs = Object.fromEntries(Object.keys(contenders).map((name) => [name, new Climb(server, how)]))
  for (const [name, one] of Object.entries(climbs)) await one.start(contenders[name])
  for (let step = 0; step < steps; step++) for (const one of Object.values(climbs)) await one.step()
  for (const one of Object.values(climbs)) await one.end()
  server.dispose()
  return Object.fromEntries(Object.entries(climbs).map(([name, { sustained }]) => [name, sustained]))
}

const rateText = (rate) => thousands(Math.round(rate / 100) * 100)

export async function load({ quick, against }) {
  const others = (who) => against && { against: { who, from: against } }
  const document = await climb(
    { bare: { who: 'bare' }, callback: { who: 'callback' }, document: { who: 'document' }, ...others('document') },
    { steps: quick ? 12 : 18, ms: 400, arrivalMs: 1_000 },
  )
  // A push without a row is delivered after 2 s. By turns of one second it comes in a turn of its own contender.
  const events = await climb(
    { websocket: { who: 'websocket' }, sse: { who: 'sse' }, ...others('websocket') },
    { steps: quick ? 8 : 12, ms: 1_000, arrivalMs: 0 },
  )
  const said = (name) => `${two(document[name] / document.bare)} (${rateText(document[name])})`
  const old = (rates) => (against ? `; ${against}: ${rateText(rates.against)}` : '')
  return [
    {
      measure:
        'events a second of `subscribe(document)` until some are missing or timers are 50 ms late at p99: bare `ws` is 1',
      target: '>= graphql-ws',
      result: `${said('document')}; graphql-ws ${said('callback')}; bare \`ws\` ${rateText(document.bare)}${old(document)}`,
      // Less than a step's difference is chance.
      met: document.document >= document.callback / 1.1,
    },
    {
      measure: 'events a second of `subscribeEvents`, none of them stored, until timers are 50 ms late at p99',
      target: '>= 10 000',
      result: `${rateText(events.websocket)} over WebSocket, ${rateText(events.sse)} over SSE${old(events)}`,
      met: events.websocket >= 10_000 && events.sse >= 10_000,
    },
  ]
}
