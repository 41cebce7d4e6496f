// Runs attacks: hostile servers in one process, clients in others, and judges the outcome.
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { judge, outcomeOf } from './judge.mjs'
import { LagMeter } from './measures.mjs'

const pathOf = (file) => fileURLToPath(new URL(file, import.meta.url))
/** A client process with more memory than this gets no further attack, in MiB. */
const worn = 160
/** With more broken bounds than this something is wrong for all of them, and none is repeated. */
const mostAgain = { besideFew: 200, alone: 40 }
/** How many are repeated beside one another, where many broke a bound: the machine is busy. */
const fewLanes = 3

/** The process of the servers. */
class Servers {
  #child = fork(pathOf('server-process.mjs'), { execArgv: ['--max-old-space-size=2048'] })
  #calls = new Map()
  #count = 0
  ready

  constructor() {
    this.ready = new Promise((resolve) => {
      this.#child.on('message', ({ ready, call, result, error }) => {
        if (ready) return resolve()
        const { done, fail } = this.#calls.get(call)
        this.#calls.delete(call)
        if (error === undefined) done(result)
        else fail(new Error(error))
      })
    })
    this.#child.on('exit', (code) => {
      for (const { fail } of this.#calls.values()) fail(new Error(`the servers ended with ${code}`))
    })
  }

  call(name, ...given) {
    const call = ++this.#count
    return new Promise((done, fail) => {
      this.#calls.set(call, { done, fail })
      this.#child.send({ call, name, given })
    })
  }

  close() {
    this.#child.disconnect()
  }
}

/** A process with clients, one attack at a time. */
class Client {
  #child = fork(pathOf('client-process.mjs'), { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
  #ready
  #resolve = () => {}
  #said = ''
  isUsable = true

  constructor() {
    this.#ready = new Promise((resolve) => {
      this.#child.on('message', (message) => (message.ready ? resolve() : this.#resolve(message.result)))
    })
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream.setEncoding('utf8').on('data', (text) => {
        this.#said = (this.#said + text).slice(-2_000)
      })
    this.#child.on('exit', (code, signal) => {
      this.isUsable = false
      this.#resolve({ died: `${signal ?? code} ${this.#said.slice(-600)}` })
    })
  }

  async run(task, limitMs) {
    await this.#ready
    let timer
    const result = await new Promise((resolve) => {
      this.#resolve = resolve
      timer = setTimeout(() => {
        this.kill()
        resolve({ hung: true })
      }, limitMs)
      this.#child.send(task)
    })
    clearTimeout(timer)
    this.#resolve = () => {}
    if (result.rss > worn) this.isUsable = false
    return result
  }

  /** Lets the process end by itself; resolves with how long it took. */
  end() {
    const began = performance.now()
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return 0
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.kill(), 5_000)
      this.#child.on('exit', () => {
        clearTimeout(timer)
        resolve(performance.now() - began)
      })
      if (this.#child.connected) this.#child.send({ end: true })
    })
  }

  kill() {
    this.isUsable = false
    this.#child.kill('SIGKILL')
  }
}

/**
 * Runs the attacks; heavy ones one at a time, the others beside one another.
 * @param lanes How many clients run beside one another.
 * @param onRow Takes each verdict as it comes.
 */
export async function runAttacks(attacks, { lanes = 6, onRow = () => {} } = {}) {
  const rows = []
  /** The servers of each lane: a flood of one attack does not delay another. */
  const serversOf = new Map()
  /** One client process for each lane, used again until it is worn. */
  const clients = new Map()

  const attackOnce = async (attack, lane) => {
    const servers = serversOf.get(lane) ?? new Servers()
    serversOf.set(lane, servers)
    await servers.ready
    const opened = await servers.call('open', attack.name)
    const { id, ...address } = opened
    const mine = attack.alone ? undefined : clients.get(lane)
    const client = mine?.isUsable ? mine : new Client()
    if (mine && client !== mine) void mine.end()
    const meter = new LagMeter()
    const result = await client.run({ name: attack.name, ...address }, attack.seconds * 1_000 + 20_000)
    if (attack.alone) result.exitMs = await client.end()
    else clients.set(lane, client)
    const noise = meter.stop()
    const server = await servers.call('report', id)
    await servers.call('close', id)
    const problems = judge(attack, result, server, noise)
    const row = { attack, result, server, noise, problems, outcome: outcomeOf(result, server) }
    onRow(row)
    return row
  }

  const drain = async (queue, lane) => {
    for (let attack = queue.shift(); attack; attack = queue.shift()) rows.push(await attackOnce(attack, lane))
  }

  await drain(
    attacks.filter(({ heavy }) => heavy),
    'heavy',
  )
  // The longest ones first, so that no lane is left with one at the end.
  const light = attacks.filter(({ heavy }) => !heavy).sort((a, b) => b.seconds - a.seconds)
  await Promise.all(Array.from({ length: lanes }, (_, lane) => drain(light, lane)))
  const brokenRows = () => rows.filter(({ problems }) => problems.length > 0)
  const repeat = async (queue, lane) => {
    for (let row = queue.shift(); row; row = queue.shift()) {
      const again = await attackOnce(row.attack, lane)
      rows[rows.indexOf(row)] = { ...again, first: row.first ?? row.problems }
    }
  }
  // A bound on time that was broken beside others may be their fault: alone, on a quiet machine, it is the attack's own.
  const many = brokenRows()
  if (many.length > mostAgain.alone && many.length <= mostAgain.besideFew)
    await Promise.all(Array.from({ length: fewLanes }, (_, lane) => repeat(many, `few ${lane}`)))
  const broken = brokenRows()
  if (broken.length <= mostAgain.alone) await repeat(broken, 'again')
  await Promise.all([...clients.values()].map((client) => client.end()))
  for (const servers of serversOf.values()) servers.close()
  return rows.sort((a, b) => attacks.indexOf(a.attack) - attacks.indexOf(b.attack))
}
