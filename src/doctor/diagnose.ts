import { type MesheryOptions, type ResolvedOptions, readOptions } from '../client/options.ts'
import { Credentials } from '../credentials/credentials.ts'
import { HttpClient } from '../http/http-client.ts'
import { nodePlatform } from '../platform/node.ts'
import type { TransportName } from '../transports/contract.ts'
import { conclude, type Diagnosis, type DiagnosisStep } from './diagnosis.ts'
import { checkDns, checkProxy, checkTcp, checkTls, type NetworkTarget } from './network-steps.ts'
import { checkClock, checkCredentials, checkServer, checkTransport, type ServerTarget } from './server-steps.ts'
import { type Finding, runStep, skipped } from './steps.ts'

/** How long one step of the network may take, in milliseconds. */
const networkTimeoutMs = 5_000

/** What `diagnose` takes besides the options of the client. */
export interface DiagnoseOptions {
  /** Called with each step as it ends. */
  readonly onStep?: ((step: DiagnosisStep) => void) | undefined
}

/**
 * Looks for what keeps a client from following Meshery: configuration, proxy, DNS, TCP, TLS, server, credentials, clock, and
 * each transport. Sends requests that only read. Only in Node.
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
  return diagnoseOn(nodePlatform(), options, more)
}

/** The same on a platform with an environment of its own. */
export async function diagnoseOn(
  platform: ReturnType<typeof nodePlatform>,
  options: MesheryOptions,
  { onStep = () => {} }: DiagnoseOptions,
): Promise<Diagnosis> {
  const resolved = readOptions(options, platform)
  const http = new HttpClient(platform, new Credentials(resolved.credentials), resolved)
  const network: NetworkTarget = { url: resolved.url, network: platform.network, timeoutMs: networkTimeoutMs }
  const doctor = new Doctor(http.base, onStep)
  const source = options.url === undefined ? platform.defaultAddress().source : '`url`'
  // Its connections keep no process alive.
  const letProcessEnd = platform.hold()
  try {
    await doctor.run('configuration', async () => describeConfiguration(resolved, source))
    const reaches = await doctor.reachServer(network)
    await doctor.askServer({ http, timeouts: resolved.timeouts }, resolved.transports, reaches)
    return { url: http.base, steps: doctor.steps, ...conclude(doctor.steps, resolved.transports) }
  } finally {
    platform.close()
    letProcessEnd()
  }
}

/** Runs steps in their order, and skips those that cannot run. */
class Doctor {
  readonly steps: DiagnosisStep[] = []
  readonly #address: string
  readonly #onStep: (step: DiagnosisStep) => void

  constructor(address: string, onStep: (step: DiagnosisStep) => void) {
    this.#address = address
    this.#onStep = onStep
  }

  /** Runs a step; returns whether it did not fail. */
  async run(name: DiagnosisStep['name'], find: () => Promise<Finding>): Promise<boolean> {
    const step = await runStep(name, this.#address, find)
    this.#add(step)
    return step.status !== 'failed'
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
      if (!reaches) this.#add(skipped(name, 'An earlier step failed'))
      else reaches = await this.run(name, () => check(target))
    }
    return reaches
  }

  /** The steps that need the server. */
  async askServer(target: ServerTarget, order: readonly TransportName[], reaches: boolean): Promise<void> {
    const isThere = reaches && (await this.run('server', () => checkServer(target)))
    if (!reaches) this.#add(skipped('server', 'The server is not reached'))
    const isAdmitted = isThere && (await this.run('credentials', () => checkCredentials(target)))
    if (!isThere) this.#add(skipped('credentials', 'The server does not answer'))
    if (isThere) await this.run('clock', () => checkClock(target))
    else this.#add(skipped('clock', 'The server does not answer'))
    for (const name of ['websocket', 'sse', 'polling'] as const) {
      if (!order.includes(name)) this.#add(skipped(name, '`transports` leaves it out'))
      else if (isAdmitted) await this.run(name, () => checkTransport(name, target))
      else this.#add(skipped(name, isThere ? 'The credentials are refused' : 'The server does not answer'))
    }
  }

  #add(step: DiagnosisStep): void {
    this.steps.push(step)
    this.#onStep(step)
  }
}

function describeConfiguration({ url, transports, timeouts }: ResolvedOptions, source: string): Finding {
  return {
    message: `${url.href} from ${source}; transports ${transports.join(', ')}`,
    details: { url: url.href, source, transports, timeouts },
  }
}
