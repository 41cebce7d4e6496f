import type { Identity } from '../credentials/credentials.ts'
export type { Identity }
