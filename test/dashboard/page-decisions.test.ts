import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { filterTest, isFiltering, readFilter, writeFilter } from '../../dashboard/events/event-filter.ts'
import { EventLog, type LoggedEvent } from '../../dashboard/events/event-log.ts'
import { linkOf, problemOf } from '../../dashboard/events/event-problem.ts'
import { minuteColumns, recentMinutes } from '../../dashboard/events/minute-counts.ts'
import { addNotice, noNotices } from '../../dashboard/events/notice-summary.ts'
import { charactersOf, shortened } from '../../dashboard/events/shortened-event.ts'
import { visibleText } from '../../dashboard/events/visible-text.ts'
import { connectionText } from '../../dashboard/page/connection-text.ts'
import { failureText } from '../../dashboard/page/failure-text.ts'
import { trackValues } from '../../dashboard/page/recent-changes.ts'
import { serverInfoOf } from '../../dashboard/page/server-info.ts'
import { compactText, countText, dayText, rowTime, timeText } from '../../dashboard/page/time-text.ts'
import { clusterCards } from '../../dashboard/panels/cluster-cards.ts'
import { latestResult, loadFigures } from '../../dashboard/panels/load-figures.ts'
import { resourceRows } from '../../dashboard/panels/resource-rows.ts'
import { type K8sContext, MesheryError, type MesheryEvent, type MesheryResult } from '../../src/index.ts'
import { entryOf, eventOf } from './page-entries.ts'

const nowMs = Date.parse('2026-11-29T12:00:30Z')

describe('the sources of the page', () => {
  it('import of the package only what pages can, and the package imports none of them', () => {
    const root = new URL('../../', import.meta.url)
    const files = ['dashboard', 'src'].flatMap((folder) => filesIn(new URL(`${folder}/`, root)))
    const imported = files.flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/(?:from|import) '(\.[^']+)'/g)].map(([, path]) => ({
        from: file.href.slice(root.href.length),
        to: new URL(path ?? '', file).href.slice(root.href.length),
      })),
    )
    const ofPage = imported.filter(({ from, to }) => from.startsWith('dashboard/') && to.startsWith('src/'))
    expect([...new Set(ofPage.map(({ to }) => to))].sort()).toEqual([
      'src/browser.ts',
      'src/react/browser.ts',
      'src/react/frame.ts',
    ])
    expect(imported.filter(({ from, to }) => from.startsWith('src/') && to.startsWith('dashboard/'))).toEqual([])
  })
})

const filesIn = (folder: URL): URL[] =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => pathToFileURL(join(entry.parentPath, entry.name)))

describe('the log of the page', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: nowMs })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  const logged = (limits: ConstructorParameters<typeof EventLog>[0], events: readonly MesheryEvent[]): EventLog => {
    const log = new EventLog(limits)
    for (const event of events) log.add(event)
    vi.runAllTimers()
    return log
  }

  it('keeps the latest events, and counts all of them', () => {
    const log = logged(
      { events: 3 },
      ['a', 'b', 'c', 'd', 'e'].map((id) => eventOf({ id })),
    )
    expect(log.view().events.map(({ key }) => key)).toEqual(['c', 'd', 'e'])
    expect(log.view().received).toBe(5)
  })

  it('keeps each id once, and every event without an id', () => {
    const log = logged({}, [eventOf({ id: 'a' }), eventOf({}), eventOf({ id: 'a' }), eventOf({})])
    expect(log.view().events).toHaveLength(3)
    expect(new Set(log.view().events.map(({ key }) => key)).size).toBe(3)
    expect(log.view().received).toBe(3)
  })

  it('drops the oldest beyond a number of characters, but never the newest', () => {
    const long = (id: string): MesheryEvent => eventOf({ id, description: 'x'.repeat(10_000) })
    const log = logged({ characters: 25_000 }, [long('a'), long('b'), long('c')])
    expect(log.view().events.map(({ key }) => key)).toEqual(['b', 'c'])
    expect(
      logged({ characters: 1 }, [long('a'), long('b')])
        .view()
        .events.map(({ key }) => key),
    ).toEqual(['b'])
  })

  it('reports a change once a frame, with a new view', () => {
    const log = new EventLog()
    const changed = vi.fn()
    const stop = log.listen(changed)
    const before = log.view()
    log.add(eventOf({ id: 'a' }))
    log.add(eventOf({ id: 'b' }))
    expect(log.view()).toBe(before)
    vi.runAllTimers()
    expect(changed).toHaveBeenCalledTimes(1)
    expect(log.view()).not.toBe(before)
    stop()
    log.add(eventOf({ id: 'c' }))
    vi.runAllTimers()
    expect(changed).toHaveBeenCalledTimes(1)
  })

  it('offers the categories and actions that came, sorted and bounded', () => {
    const many = Array.from({ length: 300 }, (_, index) => eventOf({ category: `c${index}`, action: 'x'.repeat(101) }))
    const log = logged({}, [eventOf({ category: 'b' }), eventOf({ category: 'a' }), ...many])
    expect(log.view().categories).toHaveLength(100)
    expect(log.view().categories.slice(0, 2)).toEqual(['a', 'b'])
    expect(log.view().actions).toEqual(['create'])
  })

  it('counts events and problems by the minute, and forgets minutes after an hour', () => {
    const at = (createdAt: string, severity = 'success'): MesheryEvent => eventOf({ createdAt, severity })
    const log = logged({}, [
      at('2026-11-29T12:00:01Z'),
      at('2026-11-29T12:00:02Z', 'error'),
      at('2026-11-29T11:59:59Z', 'critical'),
      at('2026-11-29T10:00:00Z'),
      at('9999-01-01T00:00:00Z'),
    ])
    const [seconds, events, problems] = minuteColumns(log.view().minutes, nowMs)
    expect(seconds.at(-1)).toBe(Date.parse('2026-11-29T12:00:00Z') / 1_000)
    expect([events.slice(-2), problems.slice(-2)]).toEqual([
      [1, 2],
      [1, 1],
    ])
    expect(events.reduce((sum, count) => sum + count)).toBe(3)
    expect(recentMinutes(log.view().minutes, nowMs).size).toBe(2)
    expect(recentMinutes(log.view().minutes, nowMs + 3_600_000).size).toBe(0)
  })
})

describe('a very long event', () => {
  it('is kept shortened: its text, and without metadata that is too long', () => {
    const long = eventOf({ description: 'x'.repeat(2 ** 20), metadata: { a: 1 } })
    expect(shortened(long).description).toHaveLength(16_384)
    expect(shortened(long).metadata).toEqual({ a: 1 })
    const deep = eventOf({ description: 'short', metadata: { error: { Long: 'x'.repeat(2 ** 20) } } })
    expect(shortened(deep)).toMatchObject({ description: 'short', metadata: null })
    const wide = eventOf({ metadata: { list: Array.from({ length: 10_000 }, () => 1) } })
    expect(shortened(wide).metadata).toBeNull()
    const wordy = eventOf({ category: 'x'.repeat(2 ** 20), action: 'deploy' })
    expect(shortened(wordy)).toMatchObject({ category: 'x'.repeat(256), action: 'deploy', severity: 'informational' })
  })

  it('is not what most events are: those stay as they are', () => {
    const event = eventOf({ description: 'It broke.', metadata: { error: { Code: '1' } } })
    expect(shortened(event)).toBe(event)
    expect(charactersOf(event)).toBeLessThan(400)
  })
})

describe('the filter of the page', () => {
  it('is the same after it was written to the address and read', () => {
    const query = '?severity=error%2Ccritical&category=pattern&action=deploy&text=a+b&since=1h&group=none'
    expect(writeFilter('', readFilter(query))).toBe(query)
    expect(writeFilter('', readFilter(''))).toBe('')
    expect(writeFilter('?other=1&text=x', { ...readFilter(''), since: '7d' })).toBe('?other=1&since=7d')
  })

  it('has its defaults for what it does not know', () => {
    expect(readFilter('?since=4y&severity=,,&group=maybe')).toEqual(readFilter(''))
    expect(isFiltering(readFilter('?since=1h&text=+'))).toBe(false)
    expect(isFiltering(readFilter('?severity=debug'))).toBe(true)
  })

  it('accepts events that pass every part of it', () => {
    const accepts = filterTest(readFilter('?severity=error,alert&category=pattern&text=not+DEPLOYED'))
    const entry = (given: Partial<MesheryEvent>): LoggedEvent =>
      entryOf('a', { severity: 'error', category: 'pattern', description: 'Deployed it was not', ...given })
    expect(accepts(entry({}))).toBe(true)
    expect(accepts(entry({ severity: 'alert' }))).toBe(true)
    expect(accepts(entry({ severity: null }))).toBe(false)
    expect(accepts(entry({ category: 'filter' }))).toBe(false)
    expect(accepts(entry({ description: 'Deployed' }))).toBe(false)
  })
})

describe('what the page shows of texts', () => {
  it('is at most so many characters, with the codes of what deceives', () => {
    expect(visibleText('a\u202eb\u0007c\u200bd', 100)).toBe('a[U+202E]b[U+0007]c[U+200B]d')
    expect(visibleText('one\n\ttwo', 100)).toBe('one\n\ttwo')
    expect(visibleText('abcdef', 3)).toBe('abc…')
    expect(visibleText('ab😀', 3)).toBe('ab…')
  })

  it('counts with a noun, and gives a day only to another day', () => {
    expect([countText(1, 'event'), countText(20_000, 'event')]).toEqual(['1 event', '20,000 events'])
    expect(timeText('not a time')).toBe('')
    expect(timeText(nowMs, nowMs)).toMatch(/^\d\d:\d\d:30$/)
    expect(timeText(nowMs, nowMs + 7 * 86_400_000)).toMatch(/^\d\d Nov 2026, \d\d:\d\d:30$/)
    expect(rowTime(nowMs, dayText(nowMs))).toMatch(/^\d\d:\d\d:30$/)
    expect(rowTime(nowMs, dayText(nowMs + 7 * 86_400_000))).toMatch(/^\d\d Nov \d\d:\d\d$/)
    expect([999, 1_812, 20_000].map(compactText)).toEqual(['999', '2K', '20K'])
  })

  it('has the error of an event in every spelling', () => {
    const parts = { explanation: ['Long'], probableCause: ['Cause'], remedy: ['Do', 'this'], code: '7' }
    const pascal = {
      LongDescription: ['Long'],
      ProbableCause: 'Cause',
      SuggestedRemediation: ['Do', 'this'],
      Code: '7',
    }
    const camel = { longDescription: 'Long', probableCause: ['Cause'], suggestedRemediation: ['Do', 'this'], code: '7' }
    expect(problemOf({ error: pascal })).toEqual(parts)
    expect(problemOf({ error: camel })).toEqual(parts)
    expect(problemOf({ error: 'It broke.' })?.explanation).toEqual(['It broke.'])
    for (const metadata of [null, {}, { error: {} }, { error: [1] }, { error: { Code: 7, ProbableCause: [3, ' '] } }])
      expect(problemOf(metadata)).toBeUndefined()
  })

  it('links to the page of Meshery that an event is about', () => {
    expect(linkOf('https://meshery.example.com/base', 'pattern')).toBe(
      'https://meshery.example.com/base/configuration/designs',
    )
    for (const category of ['//evil.example.com', 'constructor', null])
      expect(linkOf('https://meshery.example.com/', category)).toBe('https://meshery.example.com/')
  })
})

describe('what the page shows of the connection', () => {
  const status = { state: 'live', transport: 'websocket', attempt: 0, reason: null, nextRetryAt: null } as const

  it('is a word, and while it is away the reason and the next try', () => {
    expect(connectionText(status)).toEqual({ tone: 'good', word: 'Live over WebSocket', detail: '' })
    expect(connectionText({ ...status, state: 'polling', transport: 'polling' }).word).toBe('Polling')
    expect(connectionText(null).word).toBe('Connecting')
    const reason = new MesheryError('CONNECTION_LOST', 'The connection was closed.', { phase: 'stream' })
    const away = connectionText({ ...status, state: 'waiting', reason, nextRetryAt: new Date(nowMs) })
    expect(away.word).toBe('Disconnected')
    expect(away.detail).toMatch(/^The connection was closed\. Next try at \d\d:\d\d:30\.$/)
  })

  it('is a word alone where a panel shows the error', () => {
    const reason = new MesheryError('CREDENTIALS_REFUSED', 'The token is refused', { phase: 'store' })
    expect(connectionText({ ...status, state: 'failed', reason })).toMatchObject({ word: 'Failed', detail: '' })
  })

  it('says while it polls what blocks a better transport, unless the release does not have it', () => {
    const detailOf = (details: Readonly<Record<string, unknown>>): string => {
      const reason = new MesheryError('TRANSPORT_UNAVAILABLE', 'The SSE stream got no headers', {
        phase: 'subscribe',
        details,
      })
      return connectionText({ ...status, state: 'polling', transport: 'polling', reason }).detail
    }
    expect(detailOf({})).toBe('The SSE stream got no headers.')
    expect(detailOf({ permanent: true })).toBe('')
  })

  it('ends the reason with a period, which the messages of errors do not have', () => {
    const reason = new MesheryError('CONNECTION_LOST', 'The connection was closed', { phase: 'stream' })
    const { detail } = connectionText({ ...status, state: 'waiting', reason, nextRetryAt: new Date(nowMs) })
    expect(detail).toMatch(/^The connection was closed\. Next try at /)
  })

  it('is what the dashboard reports of Meshery, without the address of the dashboard', () => {
    const textOf = (message: string, code: MesheryError['code'] = 'SERVER_ERROR') =>
      failureText(new MesheryError(code, message, { phase: 'poll', remedy: 'Do this.' }))
    const own = 'http://127.0.0.1:4000/api/system/events answers'
    expect(textOf(`${own} 502: Meshery: connect ECONNREFUSED. Start Meshery, or check --url.`)).toEqual({
      reason: 'Meshery: connect ECONNREFUSED. Start Meshery, or check --url.',
      remedy: '',
    })
    expect(textOf(`${own} 500: broken`)).toEqual({
      reason: '/api/system/events answers 500: broken.',
      remedy: 'Do this.',
    })
    expect(textOf(`${own} 403: not yours`, 'CREDENTIALS_REFUSED')).toEqual({
      reason: '/api/system/events answers 403: not yours.',
      remedy: '',
    })
    expect(textOf(`${own} 403: Open the address that it printed.`, 'CREDENTIALS_REFUSED')).toEqual({
      reason: 'Open the address that it printed.',
      remedy: '',
    })
    expect(textOf('http://127.0.0.1:4000: Failed to fetch')).toEqual({
      reason: 'The dashboard does not answer (Failed to fetch).',
      remedy: 'Start `meshery-live dashboard` again, and open the address that it prints.',
    })
  })

  it('says that events may be missing until a store that failed was read, with the reason', () => {
    const gap = { kind: 'gap', since: new Date(nowMs), until: new Date(nowMs), recovered: 0 } as const
    const away = new MesheryError('SERVER_ERROR', 'The store answers 502', { phase: 'store', details: { status: 502 } })
    const failed = addNotice(noNotices, { ...gap, complete: false, reason: away })
    expect(failed.isIncomplete).toBe(true)
    expect(failed.text).toMatch(/events may be missing\. The store answers 502\.$/)
    expect(addNotice(failed, { ...gap, complete: true, reason: null })).toMatchObject({ gaps: 1, isIncomplete: false })
  })

  it('says so for good after rows that the store does not show, or after a loss', () => {
    const gap = { kind: 'gap', since: new Date(nowMs), until: new Date(nowMs), recovered: 0 } as const
    const away = new MesheryError('TIMED_OUT', 'No answer', { phase: 'store' })
    const missing = new MesheryError('SERVER_ERROR', 'The store has 3 more rows', {
      phase: 'store',
      details: { missing: 3 },
    })
    const losses = [
      { ...gap, complete: false, reason: missing },
      { ...gap, complete: false, reason: null },
      { kind: 'overflow', queued: 9, dropped: 2 },
    ] as const
    for (const loss of losses)
      for (const order of [
        [loss],
        [{ ...gap, complete: false, reason: away }, loss],
        [loss, { ...gap, complete: false, reason: away }],
      ] as const) {
        const known = [...order, { ...gap, complete: true, reason: null }].reduce(addNotice, noNotices)
        expect(known.isIncomplete).toBe(true)
      }
  })

  it('counts gaps and what is lost', () => {
    const gap = { kind: 'gap', since: new Date(nowMs), until: new Date(nowMs), recovered: 3, reason: null } as const
    const one = addNotice(noNotices, { ...gap, complete: true })
    expect(one).toMatchObject({ gaps: 1, lost: 0, isIncomplete: false })
    expect(one.text).toMatch(/^Gap from .*: 3 events read afterwards\.$/)
    expect(addNotice(one, { ...gap, complete: false })).toMatchObject({ gaps: 2, isIncomplete: true })
    const lost = addNotice(addNotice(one, { kind: 'overflow', queued: 9, dropped: 2 }), {
      kind: 'overflow',
      queued: 9,
      dropped: 3,
    })
    expect(lost).toMatchObject({ lost: 5, isIncomplete: true, text: '5 events came too fast and are lost.' })
    expect(addNotice(one, { kind: 'overflow', queued: 9, dropped: 0 })).toBe(one)
    expect(addNotice(one, { kind: 'status', ...status })).toBe(one)
  })

  it('has the server of `dashboard.json`, or the origin of the page', () => {
    const origin = 'http://127.0.0.1:4000'
    const answer = {
      server: { url: 'https://a.example.com', release: 'v1' },
      context: 'c',
      user: 'ada@example.com',
      links: { ui: 'https://a.example.com/' },
    }
    expect(serverInfoOf(answer, origin)).toEqual({
      url: 'https://a.example.com',
      release: 'v1',
      context: 'c',
      ui: 'https://a.example.com/',
      user: 'ada@example.com',
    })
    const unknown = { url: origin, release: null, context: null, ui: `${origin}/`, user: null }
    for (const body of [undefined, null, [], { server: 1, links: { ui: 'javascript:alert(1)' } }])
      expect(serverInfoOf(body, origin)).toEqual(unknown)
  })
})

describe('what the panels show', () => {
  it('is a card for each cluster, with its controllers', () => {
    const context: K8sContext = {
      id: 'ctx',
      name: 'kind',
      server: 'https://10.0.0.1',
      owner: null,
      created_by: null,
      meshery_instance_id: null,
      kubernetes_server_id: 'srv',
      connection_id: 'con',
      deployment_type: null,
      version: 'v1.31',
      created_at: '2026-01-01T00:00:00Z',
      updated_at: null,
    }
    const cards = clusterCards(
      [context],
      [
        { connectionID: 'con', controller: 'OPERATOR', status: 'NOTDEPLOYED', version: null },
        { connectionID: 'con', controller: 'GUARD', status: 'RUNNING', version: 'v1' },
        { connectionID: 'con', controller: 'ODD', status: 'constructor', version: null },
        { connectionID: 'other', controller: 'BROKER', status: 'CONNECTED', version: null },
      ],
    )
    expect(cards.map(({ name }) => name)).toEqual(['kind', 'other'])
    expect(cards[0]?.controllers.map(({ name, status, tone }) => [name, status, tone])).toEqual([
      ['Operator', 'not deployed', 'bad'],
      ['MeshSync', null, 'busy'],
      ['Broker', null, 'busy'],
      ['GUARD', 'running', 'good'],
      ['ODD', 'constructor', 'bad'],
    ])
    expect(clusterCards([{ ...context, connection_id: null }], [])[0]?.key).toBe('ctx')
  })

  it('is what changed last on top', () => {
    const known = trackValues({ values: undefined, changes: new Map() }, new Map([['s Pod', 3]]), 1)
    expect(known.changes.size).toBe(0)
    const next = trackValues(
      known,
      new Map([
        ['s Pod', 5],
        ['s Node', 1],
      ]),
      2,
    )
    const resource = (kind: string, count: number) => ({ kubernetes_server_id: 's', namespace: '', kind, count })
    const rows = resourceRows(
      [resource('Alpha', 2), resource('Node', 1), resource('Pod', 5)],
      next.changes,
      new Map([['s', 'kind']]),
    )
    expect(rows.map(({ kind, cluster, change }) => [kind, cluster, change?.difference])).toEqual([
      ['Node', 'kind', 1],
      ['Pod', 'kind', 2],
      ['Alpha', 'kind', undefined],
    ])
    expect(trackValues(next, new Map([['s Node', 1]]), 3).changes.has('s Pod')).toBe(false)
  })

  it('is the figures of the latest run, as far as they are reported', () => {
    expect(loadFigures(null)).toEqual({})
    const figures = loadFigures({
      ActualQPS: 10,
      RetCodes: { 200: 9, 500: 1 },
      DurationHistogram: { Count: 10, Avg: 0.5, Percentiles: [{ Percentile: 99, Value: 0.75 }] },
    })
    expect(figures).toEqual({ requestsPerSecond: 10, requests: 10, averageMs: 500, p99Ms: 750, failedShare: 0.1 })
    expect(loadFigures({ ActualQPS: 'fast', RetCodes: [], DurationHistogram: 7 })).toEqual({})
    const result = (name: string, test_start_time: string | null): MesheryResult => ({
      meshery_id: null,
      name,
      mesh: null,
      performance_profile: null,
      test_id: null,
      user_id: null,
      runner_results: null,
      server_metrics: null,
      server_board_config: null,
      test_start_time,
      created_at: null,
      updated_at: null,
    })
    const results = [result('a', '2026-01-01T00:00:00Z'), result('b', '2026-01-03T00:00:00Z'), result('c', null)]
    expect(latestResult(results)?.name).toBe('b')
    expect(latestResult([])).toBeUndefined()
  })
})
