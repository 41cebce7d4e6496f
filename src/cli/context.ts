import { fileURLToPath } from 'node:url'
import { createEventActionsOn } from '../actions/create-event-actions.ts'
import type { EventActions } from '../actions/event-actions.ts'
import { createMesheryOn } from '../client/create-meshery.ts'
import { readOptions } from '../client/options.ts'
import { createDashboard, type Dashboard, type DashboardOptions } from '../dashboard/dashboard.ts'
import { type DiagnoseOptions, diagnoseOn } from '../doctor/diagnose.ts'
import type { Diagnosis } from '../doctor/diagnosis.ts'
import type { Meshery, MesheryOptions } from '../index.ts'
import { nodePlatform } from '../platform/node.ts'
import type { HttpResponse } from '../platform/platform.ts'
import type { InputStream, Io } from './io.ts'
import { Output } from './output.ts'
import { oneLine } from './text.ts'

/** Requests without a login, through the proxy and with the certificate authorities of the options. */
export interface Probe {
  fetch(url: string, init: RequestInit): Promise<HttpResponse>
  close(): void
}

/** What a command works with: nothing in it reads or writes the process directly. */
export interface CommandContext {
  readonly stdout: Output
  readonly stderr: Output
  /** Undefined: no answer can be read. */
  readonly stdin: InputStream | undefined
  readonly env: Io['env']
  readonly lookupTimeoutMs: Io['lookupTimeoutMs']
  /** Aborts when a signal ends the command, or stdout cannot be written any more. */
  readonly signal: AbortSignal
  /** The time in milliseconds since 1970. */
  now(): number
  /** A client whose defaults come from the environment and home directory of the command line. */
  createMeshery(options: MesheryOptions): Meshery
  /** Actions whose defaults come from there, too. */
  createEventActions(options: MesheryOptions): EventActions
  /** @throws MesheryError INVALID_OPTION */
  probe(options: MesheryOptions): Probe
  diagnose(options: MesheryOptions, more: DiagnoseOptions): Promise<Diagnosis>
  /** @throws MesheryError INVALID_OPTION */
  createDashboard(options: Omit<DashboardOptions, 'platform' | 'pageFolder'>): Dashboard
  /** Opens an address in the user's browser; undefined where there is none. Rejects when that fails. */
  readonly openInBrowser: Io['openInBrowser']
  /** The source of the server's address, for people, such as `MESHERY_URL`. */
  addressSource(options: MesheryOptions): string
}

/** Where the build writes the page of the dashboard. */
const builtPage = fileURLToPath(new URL('../../dist/dashboard', import.meta.url))

/** Makes the context of a command. */
export function commandContext(io: Io, signal: AbortSignal): CommandContext {
  const { env, home } = io
  const surroundings = home === undefined ? { env } : { env, home }
  return {
    stdout: new Output(io.stdout, env),
    stderr: new Output(io.stderr, env),
    get stdin() {
      return io.stdin
    },
    env,
    lookupTimeoutMs: io.lookupTimeoutMs,
    signal,
    now: () => io.now(),
    createMeshery: (options) => createMesheryOn(nodePlatform(surroundings))({ timeouts: io.timeouts, ...options }),
    createEventActions: (options) =>
      createEventActionsOn(nodePlatform(surroundings), { timeouts: io.timeouts, ...options }),
    probe(options) {
      const platform = nodePlatform(surroundings)
      const { headers } = readOptions(options, platform)
      // Its connections keep no process alive.
      const letProcessEnd = platform.hold()
      return {
        fetch: (url, init) => platform.fetch(url, { ...init, headers: { ...headers, ...init.headers } }),
        close() {
          platform.close()
          letProcessEnd()
        },
      }
    },
    diagnose: (options, more) => diagnoseOn({ platform: nodePlatform(surroundings), env }, options, more),
    createDashboard: (options) =>
      createDashboard({
        ...options,
        platform: nodePlatform(surroundings),
        pageFolder: io.dashboardPage ?? builtPage,
      }),
    openInBrowser: io.openInBrowser,
    addressSource({ url, context }) {
      if (url !== undefined) return '--url'
      const chosen = context === undefined ? {} : { context }
      return oneLine(nodePlatform({ ...surroundings, ...chosen }).defaultAddress().source)
    },
  }
}
