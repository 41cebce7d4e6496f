import { vi } from 'vitest'
import { type ErrorCode, MesheryError } from '../../src/base/errors.ts'
import type { ConnectionListener } from '../../src/connection/connection-listener.ts'
import type { Notice, Status } from '../../src/connection/notice.ts'
import { RestFallback } from '../../src/states/rest-fallback.ts'
import type { StateContext } from '../../src/states/state-retry.ts'
import type { StateDeclaration, StateReading, Targets } from '../../src/streams/state-declaration.ts'
import type { TransportName } from '../../src/transports/contract.ts'
import { ScriptedStore } from '../events/scripted-store.ts'

/** The state of the tests: a list of names. A push of a text adds one, a list replaces all, all else contains nothing. */
export type Names = readonly string[]

export interface Script {
  readonly stream: StateDeclaration<{ readonly of: string }, Names>
  /** The ids of each read that began. */
  readonly reads: (readonly string[])[]
  /** What reads find, by their ids; a function may take its time, or throw. */
  answer: (ids: readonly string[]) => Names | Promise<Names>
  /** The ids to follow. */
  targets: () => Targets | Promise<Targets>
  /** How often the ids were looked up. */
  looks: number
}

export interface ScriptOptions {
  /** Pushes are only signals. */
  readonly signals?: boolean
  readonly targets?: boolean
  readonly live?: number
  /** How a read is merged with what was pushed. */
  readonly beside?: (read: Names, pushed: Names) => Names
  readonly documents?: readonly string[]
}

export const scripted = ({
  signals,
  targets,
  beside,
  live = 60_000,
  documents = ['new'],
}: ScriptOptions = {}): Script => {
  const script: Script = {
    reads: [],
    answer: () => [],
    targets: () => ({ ids: [[]], unknown: [] }),
    looks: 0,
    stream: {
      kind: 'state',
      name: 'names',
      documents,
      readEveryMs: { polling: 1_000, live },
      since: 'v0.6',
      arguments: () => ({ of: 'names' }),
      variables: (_, ids) => ({ ids }),
      sse: (_, ids) => `/names?${ids.join()}`,
      async read(_, ids): Promise<StateReading<Names>> {
        script.reads.push(ids)
        return { value: await script.answer(ids) }
      },
      join: (values) => values.flat(),
      ...(beside && { combine: beside }),
      ...(!signals && {
        merge: (
          wire: unknown,
          before: Names = [],
          { isComplete }: { readonly isComplete: boolean },
        ): Names | undefined => {
          if (Array.isArray(wire)) return isComplete ? wire.map(String) : [...new Set([...before, ...wire.map(String)])]
          return typeof wire === 'string' ? [...new Set([...before, wire])] : undefined
        },
      }),
      ...(targets && {
        targets: async () => {
          script.looks++
          return script.targets()
        },
      }),
    },
  }
  return script
}

export interface Joined {
  readonly transport: TransportName
  readonly listener: ConnectionListener
  left: boolean
}

/** Connections that the test controls. */
export const scriptedContext = (
  order: readonly TransportName[] = ['websocket', 'polling'],
): { readonly context: StateContext; readonly joined: Joined[] } => {
  const server = new ScriptedStore()
  const joined: Joined[] = []
  const context: StateContext = {
    order,
    firstByte: 20_000,
    documentVariants: new Map(),
    join(transport, listener) {
      const entry: Joined = { transport, listener, left: false }
      joined.push(entry)
      return {
        state: undefined,
        leave: () => {
          entry.left = true
        },
      }
    },
    version: async () => null,
    rest: new RestFallback(server, 1_000),
    credentials: server.credentials,
    policy: { attempts: Number.POSITIVE_INFINITY },
    credentialsTimeoutMs: 1_000,
  }
  return { context, joined }
}

/** The listener that joined last. */
export const lastOf = (joined: readonly Joined[]): Joined => {
  const last = joined.at(-1)
  if (!last) throw new Error('no listener joined')
  return last
}

/** A push over WebSocket, or by SSE where the listener uses that. */
export const push = ({ transport, listener }: Joined, wire: unknown): void =>
  listener.frame({ data: transport === 'websocket' ? { names: wire } : wire })

export const errorOf = (code: ErrorCode, retryable = true): MesheryError =>
  new MesheryError(code, `${code} as scripted`, { phase: 'poll', retryable })

/** A value that arrives when the test sends it. */
export const later = <T>(): { readonly promise: Promise<T>; resolve(value: T): void; reject(error: unknown): void } => {
  let resolve: (value: T) => void = () => {}
  let reject: (error: unknown) => void = () => {}
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  promise.catch(() => {})
  return { promise, resolve, reject }
}

/** Advances fake time and runs all pending work. */
export const advance = (milliseconds = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(milliseconds)

export const statesOf = (notices: readonly Notice[]): Status['state'][] =>
  notices.flatMap((notice) => (notice.kind === 'status' ? [notice.state] : []))
