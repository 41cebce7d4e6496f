import type { MesheryResult } from '../../src/browser.ts'
import { isRecord } from '../page/is-record.ts'

/** What a load test measured. What the load generator does not report is undefined. */
export interface LoadFigures {
  readonly requestsPerSecond: number | undefined
  readonly requests: number | undefined
  /** In milliseconds. */
  readonly averageMs: number | undefined
  /** In milliseconds. */
  readonly p99Ms: number | undefined
  /** The share of answers that were no success, from 0 to 1. */
  readonly failedShare: number | undefined
}

const numberOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined

const milliseconds = (seconds: number | undefined): number | undefined =>
  seconds === undefined ? undefined : seconds * 1_000

function percentile(histogram: Readonly<Record<string, unknown>>, wanted: number): number | undefined {
  const list = histogram['Percentiles']
  if (!Array.isArray(list)) return undefined
  return numberOf(list.filter(isRecord).find(({ Percentile }) => Percentile === wanted)?.['Value'])
}

function failedShareOf(codes: unknown): number | undefined {
  if (!isRecord(codes)) return undefined
  const counts = Object.entries(codes).map(([code, count]) => [code, numberOf(count) ?? 0] as const)
  const all = counts.reduce((sum, [, count]) => sum + count, 0)
  const failed = counts.filter(([code]) => !/^[23]\d\d$/.test(code)).reduce((sum, [, count]) => sum + count, 0)
  return all === 0 ? undefined : failed / all
}

/** The figures of a run, as Fortio and what is compatible with it report them. */
export function loadFigures(results: Readonly<Record<string, unknown>> | null): LoadFigures {
  const histogram = isRecord(results?.['DurationHistogram']) ? results['DurationHistogram'] : {}
  return {
    requestsPerSecond: numberOf(results?.['ActualQPS']),
    requests: numberOf(histogram['Count']),
    averageMs: milliseconds(numberOf(histogram['Avg'])),
    p99Ms: milliseconds(percentile(histogram, 99)),
    failedShare: failedShareOf(results?.['RetCodes']),
  }
}

const startOf = ({ test_start_time, created_at }: MesheryResult): number =>
  Date.parse(test_start_time ?? created_at ?? '') || 0

/** The latest run: some servers ignore the order that was asked for. */
export const latestResult = (results: readonly MesheryResult[]): MesheryResult | undefined =>
  results.reduce<MesheryResult | undefined>(
    (latest, result) => (latest === undefined || startOf(result) > startOf(latest) ? result : latest),
    undefined,
  )
