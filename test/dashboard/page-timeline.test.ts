import { describe, expect, it } from 'vitest'
import { filterTest, readFilter } from '../../dashboard/events/event-filter.ts'
import { countLanes, lanePressed, toggleLane } from '../../dashboard/events/lane-filter.ts'
import { otherSeverity, severityLanes, toneOf } from '../../dashboard/events/severity.ts'
import { timelineRows } from '../../dashboard/events/timeline-rows.ts'
import { severities } from '../../src/index.ts'
import { entryOf } from './page-entries.ts'

describe('the lanes of the timeline', () => {
  const [critical, error, , , neutral] = severityLanes

  it('have each severity that Meshery is known to send once, and one all others', () => {
    const names = severityLanes.flatMap((lane) => lane.severities)
    expect(names.toSorted()).toEqual([...severities, otherSeverity].toSorted())
    for (const lane of severityLanes)
      for (const name of lane.severities) expect(toneOf(name === otherSeverity ? 'fatal' : name)).toBe(lane.tone)
    expect([toneOf(null), toneOf('constructor')]).toEqual(['neutral', 'neutral'])
  })

  it('count what the other filters accept, also of severities that are left out', () => {
    const events = ['alert', 'critical', 'error', 'success', 'fatal', null].map((severity, index) =>
      entryOf(`${index}`, { severity, category: index === 0 ? 'filter' : 'pattern' }),
    )
    const none = { critical: 0, error: 0, warning: 0, success: 0, neutral: 0 }
    expect(countLanes(events, readFilter('?severity=error'))).toEqual({
      ...none,
      critical: 2,
      error: 1,
      success: 1,
      neutral: 2,
    })
    expect(countLanes(events, readFilter('?category=filter'))).toEqual({ ...none, critical: 1 })
  })

  it('are chosen as a whole, and a lane of which a part is chosen becomes whole', () => {
    expect(critical && toggleLane(critical, ['error'])).toEqual(['error', 'emergency', 'alert', 'critical'])
    expect(critical && toggleLane(critical, ['alert', 'error'])).toEqual(['error', 'emergency', 'alert', 'critical'])
    expect(critical && toggleLane(critical, ['critical', 'emergency', 'error', 'alert'])).toEqual(['error'])
    expect(critical && [[], ['alert'], critical.severities].map((chosen) => lanePressed(critical, chosen))).toEqual([
      false,
      'mixed',
      true,
    ])
    expect(error && lanePressed(error, ['error'])).toBe(true)
  })

  it('show every event whose lane is chosen', () => {
    const chosen = neutral ? toggleLane(neutral, []) : []
    const accepts = filterTest({ ...readFilter(''), severities: chosen })
    for (const severity of ['informational', 'debug', 'fatal', null])
      expect(accepts(entryOf('a', { severity }))).toBe(true)
    for (const severity of ['success', 'alert']) expect(accepts(entryOf('a', { severity }))).toBe(false)
  })
})

describe('the rows of the timeline', () => {
  const events = [
    entryOf('1', { operationID: 'A' }),
    entryOf('2', { operationID: 'B' }),
    entryOf('3', { operationID: 'A' }),
    entryOf('4'),
    entryOf('5'),
  ]
  const keys = (query: string, open: readonly string[] = []): string[] =>
    timelineRows(events, readFilter(query), new Set(open)).map(({ key }) => key)

  it('are the newest first, an operation at its newest event', () => {
    expect(keys('')).toEqual(['5', '4', '3', '2'])
    expect(timelineRows(events, readFilter(''), new Set())[2]?.group).toMatchObject({
      operationID: 'A',
      size: 2,
      isOpen: false,
    })
  })

  it('have the other events of an operation that is open below it', () => {
    expect(keys('', ['A'])).toEqual(['5', '4', '3', '1', '2'])
    expect(timelineRows(events, readFilter(''), new Set(['A']))[3]).toMatchObject({ isMember: true, group: undefined })
  })

  it('of an operation that is closed have the lanes of its other events, and the worst of them', () => {
    const groupOf = (severities: readonly string[], open: readonly string[] = []) => {
      const operation = severities.map((severity, index) => entryOf(`${index}`, { severity, operationID: 'A' }))
      return timelineRows(operation, readFilter(''), new Set(open))[0]?.group
    }
    expect(groupOf(['emergency', 'error', 'debug', 'success', 'success'])).toMatchObject({
      hidden: ['critical', 'error', 'neutral'],
      worst: 'emergency',
    })
    expect(groupOf(['warning', 'success', 'error'])).toMatchObject({ hidden: ['warning', 'success'], worst: undefined })
    expect(groupOf(['critical', 'alert'])).toMatchObject({ hidden: [], worst: undefined })
    expect(groupOf(['error', 'success'], ['A'])).toMatchObject({ hidden: [], worst: undefined })
  })

  it('are all events alone without grouping', () => {
    expect(keys('?group=none')).toEqual(['5', '4', '3', '2', '1'])
  })
})
