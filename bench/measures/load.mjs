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
  /** What came near the rate that is looked for, and how long the process worked for it, in milliseconds. */
  #received = 0
  #workedMs = 0
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
    // Twice, since the machine may have been busy with something else.
    const holds = (await this.#holds()) || (await this.#holds())
    const direction = holds ? 1 : -1
    if (direction !== this.#direction) this.#factor = Math.max(Math.sqrt(this.#factor), 1.1)
    this.#direction = direction
    if (this.#isNear) this.#near.push(this.#rate)
    this.#rate *= this.#factor ** direction
  }

  get #isNear() {
    return this.#factor < nearFactor
  }

  /** Whether everything was pushed and came at this rate, and timers were not late. */
  async #holds() {
    const before = await this.#follower.call('came', 0, 0)
    const [lagMs, pushed] = await Promise.all([
      this.#follower.call('lag', this.#ms),
      this.#server.call('push', this.#url, this.#rate, this.#ms),
    ])
    this.#sent += pushed
    const after = await this.#follower.call('came', this.#sent, this.#arrivalMs)
    if (this.#isNear) {
      this.#received += after.received - before.received
      this.#workedMs += after.workedMs - before.workedMs
    }
    const isPunctual = lagMs <= latestMs && after.waitedMs <= latestMs
    return isPunctual && after.dropped === before.dropped && pushed >= (this.#rate * this.#ms * 0.95) / 1000
  }

  /** Events a second, and the processor time of one, in milliseconds. */
  get result() {
    return {
      rate: median(this.#near.length > 0 ? this.#near : [this.#rate]),
      cost: this.#workedMs / this.#received,
    }
  }

  /** Waits until everything came. Throws if it does not. */
  async end() {
    const { received, dropped } = await this.#follower.call('came', this.#sent, 15_000)
    this.#follower.kill()
    if (received + dropped < this.#sent) throw new Error(`${this.#sent - received - dropped} events were lost silently`)
  }
}

/** What each contender sustains, by its name. They take their steps in turn. */
async function climb(contenders, { steps, ...how }) {
  const server = new Helper('servers/lean.mjs')
  const climbs = Object.fromEntries(Object.keys(contenders).map((name) => [name, new Climb(server, how)]))
  for (const [name, one] of Object.entries(climbs)) await one.start(contenders[name])
  for (let step = 0; step < steps; step++) for (const one of Object.values(climbs)) await one.step()
  for (const one of Object.values(climbs)) await one.end()
  server.dispose()
  return Object.fromEntries(Object.entries(climbs).map(([name, { result }]) => [name, result]))
}

const rateText = ({ rate }) => thousands(Math.round(rate / 100) * 100)

export async function load({ quick, against }) {
  const others = (who) => against && { against: { who, from: against } }
  const document = await climb(
    { bare: { who: 'bare' }, callback: { who: 'callback' }, document: { who: 'document' }, ...others('document') },
    { steps: quick ? 11 : 15, ms: 300, arrivalMs: 1_000 },
  )
  // A push without a row is delivered after 2 s. By turns of one second it comes in a turn of its own contender.
  const events = await climb(
    { websocket: { who: 'websocket' }, sse: { who: 'sse' }, ...others('websocket') },
    { steps: quick ? 7 : 9, ms: 1_000, arrivalMs: 0 },
  )
  const { bare, callback } = document
  const said = (one) =>
    `${two(one.rate / bare.rate)} (${rateText(one)}; by processor time ${two(bare.cost / one.cost)})`
  const old = against ? `; ${against}: ${said(document.against)}` : ''
  const oldEvents = against ? `; ${against}: ${rateText(events.against)} over WebSocket` : ''
  return [
    {
      measure:
        'events a second of `subscribe(document)` until some are late or timers are 50 ms late at p99: bare `ws` is 1',
      target: '>= graphql-ws',
      result: `${said(document.document)}; graphql-ws ${said(callback)}; bare \`ws\` ${rateText(bare)}${old}`,
      // A step's difference is chance.
      met: document.document.rate >= callback.rate / 1.1,
    },
    {
      measure: 'events a second of `subscribeEvents`, none of them stored, until timers are 50 ms late at p99',
      target: '>= 10 000',
      result: `${rateText(events.websocket)} over WebSocket, ${rateText(events.sse)} over SSE${oldEvents}`,
      met: events.websocket.rate >= 10_000 && events.sse.rate >= 10_000,
    },
  ]
}
