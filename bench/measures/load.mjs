import { Helper } from '../child.mjs'
import { interleave, median, milliseconds, pick, ratio, sleep, thousands, two, worst } from '../statistics.mjs'

/** Events a second, which each contender gets alone. */
const rate = 10_000
/** How long they are pushed in a round. */
const pushMs = 1_000
/** How long the event loop may be held up by a turn of work. */
const longestTurnMs = 20
/** How long to wait for what was pushed: without a row, an event is delivered after 2 s. */
const waitMs = 15_000

/** A contender in a process of its own, with a server's port of its own. */
class Follower {
  #helper = new Helper('contenders/load.mjs')
  #server
  #url

  constructor(server) {
    this.#server = server
  }

  async start(contender) {
    this.#url = await this.#server.call('open', { rows: 10 })
    await this.#helper.call('start', contender, this.#url)
    while ((await this.#server.call('subscribers', this.#url)) === 0) await sleep(20)
    // For the compiler.
    await this.round()
  }

  /** Receives events for a second. Throws if one is lost silently. */
  async round() {
    await this.#helper.call('begin')
    const pushed = await this.#server.call('push', this.#url, rate, pushMs)
    const { received, dropped, workedMs, longestTurnMs } = await this.#helper.call('end', pushed, waitMs)
    if (received + dropped < pushed) throw new Error(`${pushed - received - dropped} events were lost silently`)
    return { costUs: (workedMs * 1000) / received, turnMs: longestTurnMs, dropped, pushed }
  }

  kill() {
    this.#helper.kill()
  }
}

/** The rounds of each contender, by its name. They take their rounds in turn. */
async function follow(contenders, rounds) {
  const server = new Helper('servers/lean.mjs')
  const followers = Object.entries(contenders).map(([name, contender]) => [name, contender, new Follower(server)])
  for (const [, contender, follower] of followers) await follower.start(contender)
  const tasks = Object.fromEntries(followers.map(([name, , follower]) => [name, () => follower.round()]))
  const results = await interleave(rounds, tasks)
  for (const [, , follower] of followers) follower.kill()
  server.dispose()
  return results
}

const costUs = (rounds) => median(pick(rounds, 'costUs'))
const turnMs = (rounds) => median(pick(rounds, 'turnMs'))
const turns = (rounds) =>
  `longest turn ${milliseconds(turnMs(rounds))} (worst ${milliseconds(worst(pick(rounds, 'turnMs')))})`
const cost = (rounds) => `${costUs(rounds).toFixed(0)} µs`
/** Whether nothing was lost, and one processor has time for more than so many events. */
const keepsUp = (rounds) => rounds.every(({ dropped }) => dropped === 0) && costUs(rounds) < 1e6 / rate

export async function load({ quick, against }) {
  const rounds = quick ? 5 : 15
  const other = (who) => against && { against: { who, from: against } }
  const document = await follow(
    {
      bare: { who: 'bare' },
      callback: { who: 'callback' },
      iterate: { who: 'iterate' },
      document: { who: 'document' },
      ...other('document'),
    },
    rounds,
  )
  const events = await follow(
    { websocket: { who: 'websocket' }, sse: { who: 'sse' }, ...other('websocket') },
    quick ? 3 : 5,
  )
  const speed = (one) => ratio(pick(document.bare, 'costUs'), pick(one, 'costUs'))
  const said = (one) => `${two(speed(one))} (${cost(one)}, ${turns(one)})`
  const saidEvents = (one) => `${cost(one)}, ${turns(one)}${keepsUp(one) ? '' : ', **it does not keep up**'}`
  const old = against ? `; ${against}: ${said(document.against)}` : ''
  const oldEvents = against ? `; ${against}: ${saidEvents(events.against)} over WebSocket` : ''
  const isBrief = (one) => turnMs(one) <= longestTurnMs
  return [
    {
      measure: `\`subscribe(document)\` by \`for await\` at ${thousands(rate)} events a second: speed by processor time, bare \`ws\` is 1`,
      target: `>= graphql-ws's \`iterate()\`, a turn of the event loop <= ${longestTurnMs} ms`,
      result: `${said(document.document)}; graphql-ws: \`iterate()\` ${said(document.iterate)}, callback ${said(document.callback)}; bare \`ws\` ${said(document.bare)}${old}`,
      // Less than 5 % is noise.
      met: speed(document.document) >= 0.95 * speed(document.iterate) && isBrief(document.document),
    },
    {
      measure: `\`subscribeEvents\` at ${thousands(rate)} events a second, none of them stored: processor time of an event`,
      target: `all come, a turn of the event loop <= ${longestTurnMs} ms`,
      result: `${saidEvents(events.websocket)} over WebSocket; ${saidEvents(events.sse)} over SSE${oldEvents}`,
      met: [events.websocket, events.sse].every((one) => keepsUp(one) && isBrief(one)),
    },
  ]
}
