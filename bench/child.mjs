import { fork, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const pathOf = (file) => fileURLToPath(new URL(file, import.meta.url))

/** Runs a contender to its end; resolves with its report. It has a process of its own, as the servers do. */
export function contend(file, task, execArgv = []) {
  const ends = ['--import', pathOf('end-with-parent.mjs')]
  const child = fork(pathOf(`contenders/${file}`), [JSON.stringify(task)], { execArgv: [...execArgv, ...ends] })
  return new Promise((resolve, reject) => {
    let result
    child.on('message', (message) => {
      result = message
    })
    child.on('exit', (code) => {
      if (result !== undefined && code === 0) resolve(result)
      else reject(new Error(`${file} ${JSON.stringify(task)} ended with ${code}, without a result`))
    })
  })
}

/** From just before a fresh process is started until it reports its first event, in milliseconds. */
export function startToFirstEvent(file, task) {
  const startedAt = process.hrtime.bigint()
  const child = spawn(process.execPath, [pathOf(`contenders/${file}`), JSON.stringify(task)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return new Promise((resolve, reject) => {
    let said = ''
    child.stdout.setEncoding('utf8').on('data', (text) => {
      said += text
    })
    child.on('exit', (code) => {
      if (code === 0) resolve(Number(BigInt(said) - startedAt) / 1e6)
      else reject(new Error(`${file} ${JSON.stringify(task)} ended with ${code}`))
    })
  })
}

/** A process that runs calls one after the other, until it is disposed of. */
export class Helper {
  #child
  #calls = new Map()
  #count = 0

  constructor(file) {
    this.#child = fork(pathOf(file))
    this.#child.on('message', ({ id, result, error }) => {
      const { resolve, reject } = this.#calls.get(id)
      this.#calls.delete(id)
      if (error === undefined) resolve(result)
      else reject(new Error(`${file}: ${error}`))
    })
    this.#child.on('exit', (code) => {
      for (const { reject } of this.#calls.values()) reject(new Error(`${file} ended with ${code}`))
    })
  }

  call(name, ...given) {
    const id = ++this.#count
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject })
      this.#child.send({ id, name, given })
    })
  }

  /** Ends it at once, also when it does not answer any more. */
  kill() {
    this.#child.kill('SIGKILL')
  }

  dispose() {
    this.#child.disconnect()
  }
}

/** The other end of a `Helper`: answers calls by these functions, and ends with its parent. */
export function serveCalls(functions) {
  process.on('message', async ({ id, name, given }) => {
    try {
      process.send({ id, result: (await functions[name](...given)) ?? null })
    } catch (error) {
      process.send({ id, error: String(error?.stack ?? error) })
    }
  })
  process.on('disconnect', () => process.exit(0))
}
