/** How a severity is shown: five colours for the eight that Meshery is known to send. */
export type SeverityTone = 'critical' | 'error' | 'warning' | 'success' | 'neutral'

const tones: ReadonlyMap<string | null, SeverityTone> = new Map([
  ['emergency', 'critical'],
  ['alert', 'critical'],
  ['critical', 'critical'],
  ['error', 'error'],
  ['warning', 'warning'],
  ['success', 'success'],
])

/** The tone of a severity; neutral for one that is not known. */
export const toneOf = (severity: string | null): SeverityTone => tones.get(severity) ?? 'neutral'

/** Whether it is an error or worse. */
export const isProblem = (severity: string | null): boolean => {
  const tone = toneOf(severity)
  return tone === 'critical' || tone === 'error'
}
