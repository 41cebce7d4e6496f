// The client under attack: its options, what it delivers, what it reports, how long it takes.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { createMeshery, MesheryError } from '../../dist/index.js'
import { foundIn, secrets } from './secrets.mjs'

/** Does not keep the process running: what does is the client's own, and is found. */
export const sleep = (delayMs) => new Promise((resolve) => setTimeout(resolve, delayMs).unref())

/** Small, so that many attacks fit in little time. */
export const timeouts = {
  connect: 1_500,
  request: 1_000,
  ping: 800,
  pong: 500,
  silence: 1_500,
  firstByte: 1_000,
  close: 300,
}

const mostSaid = 2_000
const mostNumbers = 300_000

const numberOf = (item) => {
  const text = item?.description ?? item?.subscribeEvents?.description
  const found = typeof text === 'string' ? /^event (\d+)/.exec(text) : null
  return found ? Number(found[1]) : -1
}

export class ClientContext {
  said = []
  record = {
    numbers: [],
    items: 0,
    nullIds: 0,
    lost: 0,
    notices: {},
    codes: [],
    states: [],
    transports: [],
    gaps: [],
    foreignErrors: [],
    sample: undefined,
  }
  #clients = []
  /** What the command line printed. It got only the token. */
  #printed = []

  constructor({ url, foreignUrl }) {
    this.url = url
    this.foreignUrl = foreignUrl
  }

  /** A client with the secrets, small time-outs and a logger that is searched for them. */
  meshery(options = {}) {
    const log = (...given) => this.say(given)
    const meshery = createMeshery({
      url: this.url,
      ...(options.credentials ? {} : { token: secrets.token }),
      provider: 'Local',
      headers: { authorization: `Bearer ${secrets.header}` },
      connectionParams: { apiKey: secrets.param },
      timeouts,
      polling: { interval: 500, maxInterval: 1_000 },
      settle: 300,
      logger: { debug: log, info: log, warn: log, error: log },
      ...options,
    })
    this.#clients.push(meshery)
    return meshery
  }

  say(what) {
    if (this.said.length >= mostSaid) return
    let text
    try {
      text = typeof what === 'string' ? what : inspect(what, { depth: 6, maxStringLength: 20_000, maxArrayLength: 20 })
    } catch (error) {
      text = `cannot be shown: ${error}`
    }
    this.said.push(text)
  }

  error(error) {
    this.say(error)
    if (error instanceof MesheryError) {
      this.#code(error.code)
      // `inspect` shows what is enumerable; a program may print these.
      this.say(`${error.message} ${error.remedy} ${JSON.stringify(error.details ?? {}, undefined, 1).slice(0, 20_000)}`)
      return { code: error.code, message: error.message.slice(0, 300), retryable: error.retryable, phase: error.phase }
    }
    this.record.foreignErrors.push(inspect(error).slice(0, 500))
    return { code: 'FOREIGN', message: String(error).slice(0, 300) }
  }

  #code(code) {
    if (!this.record.codes.includes(code)) this.record.codes.push(code)
  }

  notice(notice) {
    const { record } = this
    record.notices[notice.kind] = (record.notices[notice.kind] ?? 0) + 1
    if (record.notices[notice.kind] <= 200) this.say(notice)
    for (const name of ['dropped', 'lost', 'missed']) if (typeof notice[name] === 'number') record.lost += notice[name]
    if (notice.reason) {
      this.#code(notice.reason.code)
      if (record.notices[notice.kind] <= 200) this.error(notice.reason)
    }
    if (notice.kind === 'gap' && record.gaps.length < 20)
      record.gaps.push({ complete: notice.complete, recovered: notice.recovered, code: notice.reason?.code })
    if (notice.kind !== 'status') return
    const state = `${notice.state}${notice.transport ? `/${notice.transport}` : ''}${notice.reason ? ` ${notice.reason.code}` : ''}`
    if (record.states.length < 200) record.states.push(state)
    if (notice.state !== 'closed') record.last = state
  }

  /** Records an item; returns its number. */
  item(item) {
    const { record } = this
    const number = numberOf(item)
    record.items++
    if (record.numbers.length < mostNumbers) record.numbers.push(number)
    if (item?.id === null) record.nullIds++
    if (record.items <= 3) record.sample = inspect(item, { depth: 3 }).slice(0, 400)
    return number
  }

  /**
   * Opens a subscription and reads it until there are `count` items, it ends, or `ms` have passed.
   * `delayMs` slows the reader down; `pauseMs` lets it wait before it begins.
   */
  async follow(
    open,
    { count = Infinity, ms = 2_000, delayMs = 0, pauseMs = 0, lingerMs = 150, slowFor = Infinity } = {},
  ) {
    const { record } = this
    const began = performance.now()
    let finish
    const full = new Promise((resolve) => {
      finish = resolve
    })
    let subscription
    try {
      subscription = open({ onNotice: (notice) => this.notice(notice) })
    } catch (error) {
      record.error = this.error(error)
      return
    }
    subscription.ready.then(
      () => {
        record.readyMs = performance.now() - began
      },
      () => {},
    )
    const read = async () => {
      if (pauseMs > 0) await sleep(pauseMs)
      const wanted = new Set()
      for await (const item of subscription) {
        const number = this.item(item)
        wanted.add(number < 0 ? `item ${record.items}` : number)
        if (wanted.size + record.lost >= count) finish()
        if (delayMs > 0 && record.items <= slowFor) await sleep(delayMs)
      }
    }
    const reading = read().then(
      () => {
        record.finished = true
      },
      (error) => {
        record.error = this.error(error)
      },
    )
    const late = sleep(ms)
    await Promise.race([reading, full, late])
    record.ms = performance.now() - began
    record.status = subscription.status.state
    if (lingerMs > 0) await Promise.race([reading, sleep(lingerMs)])
    return subscription
  }

  /** Closes the clients; returns how long the slowest took. */
  async close(limitMs = 5_000) {
    const began = performance.now()
    const all = Promise.all(this.#clients.map((client) => client.close())).then(
      () => true,
      (error) => {
        this.record.foreignErrors.push(`close() rejected: ${inspect(error).slice(0, 300)}`)
        return true
      },
    )
    const done = await Promise.race([all, sleep(limitMs).then(() => false)])
    return done ? performance.now() - began : Infinity
  }

  /**
   * Runs the command line. `interruptMs`: when SIGINT is sent; it must be obeyed within a second. The process measures
   * itself by a preloaded module.
   */
  cli(args, { env = {}, interruptMs, ms = 6_000, onOutput } = {}) {
    const root = fileURLToPath(new URL('../../', import.meta.url))
    const probe = fileURLToPath(new URL('cli-probe.mjs', import.meta.url))
    let began = performance.now()
    const child = spawn(process.execPath, ['--import', probe, `${root}dist/cli/main.js`, ...args], {
      env: {
        PATH: process.env.PATH,
        HOME: '/nonexistent',
        MESHERY_TOKEN: secrets.token,
        MESHERY_PROVIDER: 'Local',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    const result = { stdout: '', stderr: '', measures: undefined, interruptMs: undefined, killed: false }
    const take = (name) => (text) => {
      if (result[name].length < 5_000_000) result[name] += text
      onOutput?.(name, text)
    }
    child.stdout.setEncoding('utf8').on('data', take('stdout'))
    child.stderr.setEncoding('utf8').on('data', take('stderr'))
    let sentAt
    let interrupting
    const interrupt = () => {
      sentAt = performance.now()
      child.kill('SIGINT')
    }
    const end = () => {
      result.killed = true
      child.kill('SIGKILL')
    }
    // A busy machine may take seconds to start it.
    let killing = setTimeout(end, 15_000)
    child.on('message', (message) => {
      if (!message.started) {
        result.measures = message
        return
      }
      began = performance.now()
      clearTimeout(killing)
      killing = setTimeout(end, ms)
      if (interruptMs !== undefined) interrupting = setTimeout(interrupt, interruptMs)
    })
    return new Promise((resolve) => {
      child.on('close', (code, signal) => {
        clearTimeout(interrupting)
        clearTimeout(killing)
        this.#printed.push(result.stdout, result.stderr)
        const now = performance.now()
        resolve(
          Object.assign(result, {
            code,
            signal,
            ms: now - began,
            ...(sentAt !== undefined && { interruptMs: now - sentAt }),
          }),
        )
      })
    })
  }

  /** The secrets that an output shows. */
  leaks() {
    const printed = this.#printed.flatMap(foundIn).filter((found) => found.startsWith('token'))
    return [...new Set([...this.said.flatMap(foundIn), ...printed])]
  }
}
