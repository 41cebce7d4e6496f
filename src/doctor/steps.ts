import { now } from '../base/clock.ts'
import { MesheryError } from '../base/errors.ts'
import { networkError } from '../base/network-errors.ts'
import type { DiagnosisStep, DiagnosisStepName } from './diagnosis.ts'

/** What a step found. It may also fail by throwing. */
export interface Finding {
  readonly message: string
  /** Default `ok`. */
  readonly status?: DiagnosisStep['status']
  readonly remedy?: string
  /** What was measured, in milliseconds. Default: how long the step took. */
  readonly tookMs?: number
  readonly details?: Readonly<Record<string, unknown>>
}

/** What a step that threw found. */
export const findingOf = (error: MesheryError): Finding & { readonly details: Readonly<Record<string, unknown>> } => {
  const { code, phase, message, remedy, details } = error
  return { status: 'failed', message, remedy, details: { ...details, code, phase } }
}

/** Runs a step. What it throws makes it fail, with the remedy of the error. */
export async function runStep(
  name: DiagnosisStepName,
  address: string,
  find: () => Promise<Finding>,
): Promise<DiagnosisStep> {
  const began = now()
  const finding = await find().catch((thrown: unknown) =>
    findingOf(thrown instanceof MesheryError ? thrown : networkError(thrown, 'tcp', address)),
  )
  return {
    name,
    status: finding.status ?? 'ok',
    tookMs: finding.tookMs ?? Math.round(now() - began),
    message: finding.message,
    remedy: finding.remedy ?? null,
    details: finding.details ?? {},
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
