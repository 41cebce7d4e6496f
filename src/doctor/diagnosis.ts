import type { TransportName } from '../transports/contract.ts'

/** What the steps of a diagnosis look at, in their order. */
export const diagnosisStepNames = [
  'configuration',
  'proxy',
  'dns',
  'tcp',
  'tls',
  'server',
  'credentials',
  'clock',
  'data',
  'websocket',
  'ack',
  'ping',
  'subscription',
  'sse',
  'polling',
] as const

/**
 * What one step of a diagnosis looks at. `websocket` is the upgrade; `ack`, `ping` and `subscription` follow on the same connection.
 * `data` is whether there is anything to receive.
 */
export type DiagnosisStepName = (typeof diagnosisStepNames)[number]

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
  /** The transport that the client would use for events; null if none works. */
  readonly transport: TransportName | null
  /** The conclusion, in a sentence or two. */
  readonly verdict: string
}

const titles = { websocket: 'WebSocket', sse: 'SSE', polling: 'polling' } as const
/** The same at the beginning of a sentence. */
const subjects = { ...titles, polling: 'Polling' } as const

/** The steps of each transport. It works if none of them failed, and the last one ran. */
export const stepsOfTransport: Readonly<Record<TransportName, readonly DiagnosisStepName[]>> = {
  websocket: ['websocket', 'ack', 'ping', 'subscription'],
  sse: ['sse'],
  polling: ['polling'],
}

/** The step that decides about a transport: the first that did not pass, else the last one. */
const decisiveStep = (steps: readonly DiagnosisStep[], transport: TransportName): DiagnosisStep | undefined => {
  const own = steps.filter(({ name }) => stepsOfTransport[transport].includes(name))
  return own.find((step) => !passed(step)) ?? own.at(-1)
}

const passed = ({ status }: DiagnosisStep): boolean => status === 'ok' || status === 'warning'

/** Why a transport is not used; empty if it was left out. */
const reasonOf = (transport: TransportName, step: DiagnosisStep | undefined): readonly string[] => {
  if (step?.status === 'failed') {
    const { blockedBy } = step.details
    const how = typeof blockedBy === 'string' ? `is blocked by ${blockedBy}` : 'does not work'
    return [`${subjects[transport]} ${how}: ${step.message}`]
  }
  return step?.details['isMissing'] === true ? [step.message] : []
}

/** Draws the conclusion. Pure. */
export function conclude(
  steps: readonly DiagnosisStep[],
  order: readonly TransportName[],
): Pick<Diagnosis, 'transport' | 'verdict'> {
  const isUsable = (transport: TransportName): boolean => {
    const step = decisiveStep(steps, transport)
    return step !== undefined && passed(step)
  }
  const transport = order.find(isUsable) ?? null
  if (transport !== null) {
    const better = order.slice(0, order.indexOf(transport))
    const reasons = better.flatMap((name) => reasonOf(name, decisiveStep(steps, name)))
    const use = `${subjects[transport]} works; meshery-live will use ${titles[transport]}`
    return { transport, verdict: [...reasons, use, ...lossOf(steps)].map(asSentence).join(' ') }
  }
  const cause = steps.find(({ status }) => status === 'failed')
  if (!cause) return { transport, verdict: 'No transport was tried.' }
  return { transport, verdict: `${asSentence(`Nothing works: ${cause.message}`)} ${cause.remedy ?? ''}`.trim() }
}

/** What is missed although a transport works. */
const lossOf = (steps: readonly DiagnosisStep[]): readonly string[] => {
  const data = steps.find(({ name }) => name === 'data')
  return data?.status === 'failed' ? [`Events may be missing, since the store cannot be read: ${data.message}`] : []
}

const asSentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`)
