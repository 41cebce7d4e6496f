export { type DiagnoseOptions, diagnose } from './diagnose.ts'
export type { Diagnosis, DiagnosisStep, DiagnosisStepName } from './diagnosis.ts'
