import { severities } from '../../src/browser.ts'

/** How a severity is shown: five colours and marks for the eight that Meshery is known to send, and for all others. */
export type SeverityTone = 'critical' | 'error' | 'warning' | 'success' | 'neutral'

/** In the filter: every severity that Meshery is not known to send, and none. */
export const otherSeverity = 'other'

/** A column of the timeline: severities that share a colour and a mark. */
export interface SeverityLane {
  readonly tone: SeverityTone
  /** What is in it, for people. */
  readonly title: string
  /** As the filter names them. */
  readonly severities: readonly string[]
}

/** From the worst on. */
export const severityLanes: readonly SeverityLane[] = [
  { tone: 'critical', title: 'critical and worse', severities: ['emergency', 'alert', 'critical'] },
  { tone: 'error', title: 'error', severities: ['error'] },
  { tone: 'warning', title: 'warning', severities: ['warning'] },
  { tone: 'success', title: 'success', severities: ['success'] },
  { tone: 'neutral', title: 'informational and others', severities: ['informational', 'debug', otherSeverity] },
]

const tones: ReadonlyMap<string | null, SeverityTone> = new Map(
  severityLanes.flatMap(({ tone, severities: names }) => names.map((name) => [name, tone] as const)),
)

const known: ReadonlySet<string | null> = new Set(severities)

/** The tone of a severity; neutral for one that is not known. */
export const toneOf = (severity: string | null): SeverityTone => tones.get(severity) ?? 'neutral'

/** Whether Meshery is known to send it. */
export const isKnownSeverity = (severity: string | null): boolean => known.has(severity)

/** The place of a tone among the lanes; 0 is the worst. */
export const rankOf = (tone: SeverityTone): number => severityLanes.findIndex((lane) => lane.tone === tone)

/** Whether it is an error or worse. */
export const isProblem = (severity: string | null): boolean => {
  const tone = toneOf(severity)
  return tone === 'critical' || tone === 'error'
}
