import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { reservePort } from '../reserve-port.ts'

/** Debian installs it where only root looks. */
const folders = `${process.env['PATH'] ?? ''}${delimiter}/usr/sbin${delimiter}/usr/local/sbin`.split(delimiter)
/** The path of the program `nats-server`; undefined where there is none. */
export const findNatsServer = (): string | undefined =>
  folders.map((folder) => join(folder, 'nats-server')).find((path) => existsSync(path))

const program = findNatsServer()

/** Whether there is no `nats-server` here. Says why what wants one is skipped; with CI=true it is not. */
export const hasNoNats = (): boolean => {
  if (program === undefined) console.warn('Skipped what needs NATS: `nats-server` is not here.')
  return program === undefined && process.env['CI'] !== 'true'
}

/** A real NATS server with JetStream, which keeps its data over restarts. */
export interface NatsServer extends AsyncDisposable {
  readonly url: string
  /**
   * Kills it without a warning, and starts it again on the same port.
   * @param whileDown Does something to the folder of its data meanwhile.
   */
  restart(whileDown?: (folder: string) => void): Promise<void>
  /** Further arguments from the next start on, in place of those before. */
  setArguments(...more: string[]): void
  /** Kills it, and starts it again with a copy of the data that it has now when `restore` is called. */
  keepCopy(): Promise<{ restore(): Promise<void> } & Disposable>
}

/** @param given Further arguments. */
export async function startNatsServer(...given: string[]): Promise<NatsServer> {
  if (program === undefined) throw new Error('`nats-server` is not here')
  const path = program
  const folder = mkdtempSync(join(tmpdir(), 'meshery-live-nats-'))
  const reserved = await reservePort()
  const { port } = reserved
  let more = given
  const begin = (): Promise<ChildProcess> =>
    new Promise((resolve, reject) => {
      const args = ['-js', '-sd', folder, '-a', '127.0.0.1', '-p', String(port), ...more]
      const child = spawn(path, args, { stdio: ['ignore', 'ignore', 'pipe'] })
      let log = ''
      child.on('error', reject)
      child.on('exit', () => reject(new Error(`nats-server ended: ${log}`)))
      child.stderr?.setEncoding('utf8').on('data', (text: string) => {
        log += text
        if (log.includes('Server is ready')) resolve(child)
      })
    })
  const kill = (child: ChildProcess): Promise<void> =>
    new Promise((resolve) => {
      child.once('close', () => resolve())
      child.kill('SIGKILL')
    })
  let running = await begin()
  const restart = async (whileDown: (data: string) => void = () => {}): Promise<void> => {
    await kill(running)
    whileDown(folder)
    running = await begin()
  }
  return {
    url: `nats://127.0.0.1:${port}`,
    restart,
    setArguments(...others) {
      more = others
    },
    async keepCopy() {
      const copy = mkdtempSync(join(tmpdir(), 'meshery-live-nats-copy-'))
      await restart((data) => cpSync(data, copy, { recursive: true }))
      return {
        restore: () =>
          restart((data) => {
            rmSync(data, { recursive: true })
            cpSync(copy, data, { recursive: true })
          }),
        [Symbol.dispose]: () => rmSync(copy, { recursive: true }),
      }
    },
    async [Symbol.asyncDispose]() {
      await kill(running)
      reserved[Symbol.dispose]()
      rmSync(folder, { recursive: true })
    },
  }
}
