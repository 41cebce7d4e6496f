import { MesheryError } from '../base/errors.ts'
import { type MesheryOptions, type ResolvedOptions, readOptions } from '../client/options.ts'
import { Credentials } from '../credentials/credentials.ts'
import { HttpClient } from '../http/http-client.ts'
import { nodePlatform } from '../platform/node.ts'
import type { TransportName } from '../transports/contract.ts'
import { type ConfigurationSources, checkConfiguration } from './configuration-step.ts'
import {
  conclude,
  type Diagnosis,
  type DiagnosisStep,
  type DiagnosisStepName,
  diagnosisStepNames,
  stepsOfTransport,
} from './diagnosis.ts'
import { checkDns, checkProxy, checkTcp, type NetworkTarget } from './network-steps.ts'
import { observe } from './observed-platform.ts'
import {
  checkClock,
  checkCredentials,
  checkData,
  checkPolling,
  checkServer,
  type ServerTarget,
  type UnknownServer,
} from './server-steps.ts'
import { type Finding, runStep, skipped } from './steps.ts'
import { checkTls } from './tls-step.ts'
import { checkSse, checkWebSocket, type StepRunner } from './transport-steps.ts'

/** How long one step of the network may take, in milliseconds, where `timeouts.connect` does not say less. */
const networkTimeoutMs = 5_000

/** What `diagnose` takes besides the options of the client. */
export interface DiagnoseOptions {
  /** Called with each step as it ends. */
  readonly onStep?: ((step: DiagnosisStep) => void) | undefined
}

/**
 * Looks for what keeps a client from following Meshery: configuration, proxy, DNS, TCP, TLS, server, credentials, clock, data, and
 * each transport. Sends requests that only read. Only in Node. Where the server has SSE it waits for the first line of a
 * stream, which Meshery sends after 15 s if nothing happens.
 * @param options Those of `createMeshery`.
 * @throws MesheryError INVALID_OPTION for an option that is not valid.
 * @example
 * ```ts
 * import { diagnose } from 'meshery-live/doctor'
 *
 * const { verdict, steps } = await diagnose({ url: 'https://meshery.example.com' })
 * console.log(verdict, steps.filter(({ status }) => status === 'failed'))
 * ```
 */
export function diagnose(options: MesheryOptions = {}, more: DiagnoseOptions = {}): Promise<Diagnosis> {
  return diagnoseOn({ platform: nodePlatform(), env: process.env }, options, more)
}

/** A platform, and the environment that it reads. */
export interface DiagnosisSurroundings {
  readonly platform: ReturnType<typeof nodePlatform>
  readonly env: ConfigurationSources['env']
}

/** The same on a platform with an environment of its own. */
export async function diagnoseOn(
  { platform, env }: DiagnosisSurroundings,
  options: MesheryOptions,
  { onStep = () => {} }: DiagnoseOptions,
): Promise<Diagnosis> {
  const warnings: string[] = []
  platform.onWarning?.((text) => warnings.push(text.replace(/ To silence this, .*/, '')))
  const resolved = readOptions(options, platform)
  const observed = observe(platform)
  const http = new HttpClient(observed.platform, new Credentials(resolved.credentials), resolved)
  const timeoutMs = Math.min(networkTimeoutMs, resolved.timeouts.connect)
  const addressSource = options.url === undefined ? platform.defaultAddress().source : '`url`'
  const doctor = new Doctor(http.base, onStep)
  // Its connections keep no process alive.
  const letProcessEnd = platform.hold()
  try {
    await doctor.run('configuration', () => checkConfiguration(resolved, { options, platform, env, addressSource }))
    const reaches = await doctor.reachServer({ url: resolved.url, network: platform.network, timeoutMs })
    if (reaches) await doctor.askServer({ http, timeouts: resolved.timeouts, observed, warnings }, resolved)
    doctor.skipRest('The server is not reached')
    return { url: http.base, steps: doctor.steps, ...conclude(doctor.steps, resolved.transports) }
  } finally {
    platform.close()
    letProcessEnd()
  }
}

/** No request leaves without an identity. */
const withheld = 'Nothing was sent: the credentials are expired or unreadable'

const passed = ({ status }: DiagnosisStep): boolean => status !== 'failed'

/** Runs steps in their order, and skips those that cannot run. */
class Doctor implements StepRunner {
  readonly steps: DiagnosisStep[] = []
  readonly #address: string
  readonly #onStep: (step: DiagnosisStep) => void

  constructor(address: string, onStep: (step: DiagnosisStep) => void) {
    this.#address = address
    this.#onStep = onStep
  }

  async run(name: DiagnosisStepName, find: () => Promise<Finding>): Promise<DiagnosisStep> {
    const step = await runStep(name, this.#address, find)
    this.#add(step)
    return step
  }

  skip(name: DiagnosisStepName, message: string): void {
    this.#add(skipped(name, message))
  }

  /** Skips every step that has not run. */
  skipRest(message: string): void {
    const known = new Set(this.steps.map(({ name }) => name))
    for (const name of diagnosisStepNames) if (!known.has(name)) this.skip(name, message)
  }

  /** The steps up to the server; returns whether all of them passed. */
  async reachServer(target: NetworkTarget): Promise<boolean> {
    const checks = [
      ['proxy', checkProxy],
      ['dns', checkDns],
      ['tcp', checkTcp],
      ['tls', checkTls],
    ] as const
    let reaches = true
    for (const [name, check] of checks) {
      if (!reaches) this.skip(name, 'An earlier step failed')
      else reaches = passed(await this.run(name, () => check(target)))
    }
    return reaches
  }

  /** The steps that need the server, as far as each makes sense after those before. */
  async askServer(target: UnknownServer, { transports }: ResolvedOptions): Promise<void> {
    const unknown = await identityProblem(target)
    if (unknown) {
      this.skip('server', withheld)
      await this.run('credentials', () => Promise.reject(unknown))
      this.skipRest(withheld)
      return
    }
    const server = await this.run('server', () => checkServer(target))
    // A gateway may pass no more than what the client needs, and the release is not among that.
    if (!passed(server) && server.details['code'] !== 'NOT_MESHERY') {
      this.skipRest('The server does not answer')
      return
    }
    const { release } = server.details
    const known = { ...target, release: typeof release === 'string' ? release : null }
    const reason = await this.#checkAccess(known, passed(server))
    if (reason !== undefined) {
      this.skipRest(reason)
      return
    }
    const data = await this.run('data', () => checkData(known))
    await this.#checkTransports(
      { ...known, isReadable: passed(data) || data.details['code'] === 'UNSUPPORTED' },
      transports,
    )
  }

  /** Credentials and clock. Returns why the steps that follow make no sense; undefined if they do. */
  async #checkAccess(target: Omit<ServerTarget, 'isReadable'>, isMeshery: boolean): Promise<string | undefined> {
    const credentials = await this.run('credentials', () => checkCredentials(target))
    if (!isMeshery && credentials.status !== 'ok') return 'The server does not answer as Meshery'
    if (isMeshery) await this.run('clock', () => checkClock(target))
    else this.skip('clock', 'The server does not report its release')
    return passed(credentials) ? undefined : 'The credentials are refused'
  }

  async #checkTransports(target: ServerTarget, transports: readonly TransportName[]): Promise<void> {
    const leftOut = '`transports` leaves it out'
    if (transports.includes('websocket')) await checkWebSocket(target, this)
    else for (const name of stepsOfTransport.websocket) this.skip(name, leftOut)
    if (transports.includes('sse')) await this.run('sse', () => checkSse(target))
    else this.skip('sse', leftOut)
    if (transports.includes('polling')) await this.run('polling', () => checkPolling(target))
    else this.skip('polling', leftOut)
  }

  #add(step: DiagnosisStep): void {
    this.steps.push(step)
    this.#onStep(step)
  }
}

/** Why the identity is not known, without which no request leaves; undefined if it is, or a request fails for the same reason. */
async function identityProblem({ http, timeouts }: UnknownServer): Promise<MesheryError | undefined> {
  try {
    await http.credentials.load(timeouts.connect)
    return undefined
  } catch (error) {
    if (!(error instanceof MesheryError)) throw error
    return error.phase === 'credentials' ? error : undefined
  }
}
