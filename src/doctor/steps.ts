import { now } from '../base/clock.ts'
import { MesheryError } from '../base/errors.ts'
import { networkError } from '../base/network-errors.ts'
import type { DiagnosisStep, DiagnosisStepName } from './diagnosis.ts'

/** What a step found; `failed` is thrown. */
export interface Finding {
  readonly message: string
  readonly status?: 'ok' | 'warning' | 'skipped'
  readonly remedy?: string
  readonly details?: Readonly<Record<string, unknown>>
}

/** Runs a step. What it throws makes it fail, with the remedy of the error. */
export async function runStep(
  name: DiagnosisStepName,
  address: string,
  find: () => Promise<Finding>,
): Promise<DiagnosisStep> {
  const began = now()
  const step = (finding: Finding, status: DiagnosisStep['status']): DiagnosisStep => ({
    name,
    status,
    tookMs: Math.round(now() - began),
    message: finding.message,
    remedy: finding.remedy ?? null,
    details: finding.details ?? {},
  })
  try {
    const finding = await find()
    return step(finding, finding.status ?? 'ok')
  } catch (thrown) {
    const error = thrown instanceof MesheryError ? thrown : networkError(thrown, 'tcp', address)
    const { code, phase, message, remedy, details } = error
    return step({ message, remedy, details: { ...details, code, phase } }, 'failed')
  }
}

/** A step that did not run. */
export const skipped = (name: DiagnosisStepName, message: string): DiagnosisStep => ({
  name,
  status: 'skipped',
  tookMs: 0,
  message,
  remedy: null,
  details: {},
})
