import type { ReactNode } from 'react'
import type { PerfProfile } from '../../src/browser.ts'
import { usePerformanceProfiles, usePerformanceResults } from '../../src/react/browser.ts'
import { visibleText } from '../events/visible-text.ts'
import { Panel } from '../page/panel.tsx'
import { countText, numberText, timeText } from '../page/time-text.ts'
import { type LoadFigures, latestResult, loadFigures } from './load-figures.ts'

/** How many load tests are shown: each is polled by itself. */
const shownTests = 4

/** The load tests that ran last, with their last figures. */
export function LoadTestsPanel(): ReactNode {
  const followed = usePerformanceProfiles({ pageSize: shownTests, order: 'last_run desc' })
  const profiles = followed.data?.profiles.slice(0, shownTests)
  return (
    <Panel title="Load tests" what="load tests" followed={followed} isEmpty={!profiles?.length}>
      <ul className="lines">
        {profiles?.map((profile, index) => (
          <LoadTest key={profile.id ?? index} profile={profile} />
        ))}
      </ul>
    </Panel>
  )
}

function LoadTest({ profile }: { readonly profile: PerfProfile }): ReactNode {
  const { id, name, total_results: runs, last_run: lastRun } = profile
  const { data } = usePerformanceResults({
    profileID: id ?? '',
    pageSize: 1,
    order: 'created_at desc',
    skip: id === null || runs === 0,
  })
  const result = latestResult(data?.results ?? [])
  return (
    <li>
      <strong>
        <bdi>{visibleText(name ?? 'without a name', 100)}</bdi>
      </strong>
      <span className="quiet">{lastRun ? `${countText(runs, 'run')}, last ${timeText(lastRun)}` : 'never run'}</span>
      {result && <Figures figures={loadFigures(result.runner_results)} />}
    </li>
  )
}

const rounded = (value: number): string => numberText(Number(value.toPrecision(3)))

function Figures({ figures }: { readonly figures: LoadFigures }): ReactNode {
  const { requestsPerSecond, requests, averageMs, p99Ms, failedShare } = figures
  const shown: readonly (readonly [string, string | undefined])[] = [
    ['requests/s', requestsPerSecond === undefined ? undefined : rounded(requestsPerSecond)],
    ['requests', requests === undefined ? undefined : numberText(requests)],
    ['average', averageMs === undefined ? undefined : `${rounded(averageMs)} ms`],
    ['p99', p99Ms === undefined ? undefined : `${rounded(p99Ms)} ms`],
    ['failed', failedShare === undefined ? undefined : `${rounded(failedShare * 100)} %`],
  ]
  return (
    <dl className="figures">
      {shown.map(([name, value]) =>
        value === undefined ? null : (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ),
      )}
    </dl>
  )
}
