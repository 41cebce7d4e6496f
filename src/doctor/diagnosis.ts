import type { TransportName } from '../transports/contract.ts'

/** What one step of a diagnosis looks at, in their order. */
export type DiagnosisStepName =
  | 'configuration'
  | 'proxy'
  | 'dns'
  | 'tcp'
  | 'tls'
  | 'server'
  | 'credentials'
  | 'clock'
  | 'websocket'
  | 'sse'
  | 'polling'

/** The result of one step. */
export interface DiagnosisStep {
  readonly name: DiagnosisStepName
  /** `skipped`: it could not run, or does not apply; `message` says why. */
  readonly status: 'ok' | 'warning' | 'failed' | 'skipped'
  /** How long it took, in milliseconds. */
  readonly tookMs: number
  /** What was found, for people. Never a secret. */
  readonly message: string
  /** What to do; null where nothing is wrong. */
  readonly remedy: string | null
  /** Facts for programs. Never a secret. */
  readonly details: Readonly<Record<string, unknown>>
}

/** What `diagnose` found. */
export interface Diagnosis {
  /** The address of the server. */
  readonly url: string
  readonly steps: readonly DiagnosisStep[]
  /** The transport that the SDK would use for events; null if none works. */
  readonly transport: TransportName | null
  /** The conclusion, in a sentence or two. */
  readonly verdict: string
}

const names = { websocket: 'WebSocket', sse: 'SSE', polling: 'polling' } as const

/** Draws the conclusion. Pure. */
export function conclude(
  steps: readonly DiagnosisStep[],
  order: readonly TransportName[],
): Pick<Diagnosis, 'transport' | 'verdict'> {
  const stepOf = (name: string): DiagnosisStep | undefined => steps.find((step) => step.name === name)
  const isUsable = (name: TransportName): boolean => ['ok', 'warning'].includes(stepOf(name)?.status ?? '')
  const transport = order.find(isUsable) ?? null
  const blocked = order.slice(0, transport === null ? order.length : order.indexOf(transport))
  const reasons = blocked.flatMap((name) => {
    const step = stepOf(name)
    return step?.status === 'failed' ? `${names[name]} does not work: ${step.message}` : []
  })
  if (transport !== null) {
    const use = `${names[transport]} works; the SDK will use ${names[transport]}`
    return { transport, verdict: `${[...reasons, use].join('. ')}.` }
  }
  const cause = steps.find(({ status }) => status === 'failed')
  const verdict = cause ? `Nothing works: ${cause.message}. ${cause.remedy ?? ''}`.trim() : 'No transport was tried.'
  return { transport, verdict }
}
