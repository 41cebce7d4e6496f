import { describe, expect, it } from 'vitest'
import type { ConfigurationPage } from '../../src/index.ts'
import { type FakeMeshery, frames, startFakeMeshery } from '../../src/testing/index.ts'
import { claimsFor } from '../sample.ts'
import { eventually } from '../waiting.ts'
import { asked, everyWay, following, isLive, subscribes } from './following.ts'

/** What the fake contains, in the order in which a user gets it, as far as the release sends it. */
function whole({ configuration, release }: FakeMeshery): ConfigurationPage {
  const old = release === 'v0.6'
  const hasApplications = old || release === 'v0.7'
  const textOf = ({ String: text, Valid }: { readonly String: string; readonly Valid: boolean }): string | null =>
    Valid ? text : null
  const base64 = (file: string): string => Buffer.from(file).toString('base64')
  const newest = <Row extends { readonly updated_at: string }>(rows: readonly Row[]): Row[] =>
    rows.toSorted((a, b) => Date.parse(b.updated_at) - Date.parse(a.updated_at))
  const page = (rows: readonly unknown[]) => ({ page: 0, page_size: 25, total_count: rows.length })
  const location = { branch: null, host: null, path: null, type: 'local' }
  const { applications, patterns, filters } = configuration
  return {
    applications: hasApplications
      ? {
          ...page(applications),
          applications: newest(applications).map((row) => ({ ...row, location, type: textOf(row.type) })),
        }
      : null,
    patterns: {
      ...page(patterns),
      patterns: newest(patterns).map(({ canSupport: _, errmsg: __, ...row }) => ({
        ...row,
        location,
        type: old ? null : textOf(row.type),
      })),
    },
    filters: {
      ...page(filters),
      filters: newest(filters).map((row) => ({
        ...row,
        location,
        filter_file: base64(row.filter_file),
        filter_resource: row.filter_resource || null,
      })),
    },
  }
}

/** A few of each, whose times differ. */
function fill({ configuration }: FakeMeshery): void {
  configuration.addPattern({ name: 'a', created_at: '2026-01-01T00:00:00Z', catalog_data: { published_version: '1' } })
  configuration.addPattern({
    name: 'b',
    created_at: '2026-01-02T00:00:00Z',
    type: { String: 'Helm Chart', Valid: true },
  })
  configuration.addFilter({ name: 'f', created_at: '2026-01-03T00:00:00Z', filter_file: 'größer: 1\n' })
  configuration.addApplication({ name: 'c', created_at: '2026-01-04T00:00:00Z' })
}

claimsFor('on %s over %s', everyWay, (it, [release, transport]) => {
  const early = ['v0.6', 'v0.7'].includes(release)

  it('all parts are always present, whichever of them is pushed', async () => {
    await using fake = await startFakeMeshery({ release })
    fill(fake)
    await using watching = following(fake.url, (meshery) => meshery.subscribeConfiguration(), {
      transports: [transport],
    })
    const isWhole = (): Promise<void> => watching.newest((value) => expect(value).toEqual(whole(fake)))
    await isWhole()
    expect(watching.subscription.status).toMatchObject({ transport })
    // From v0.8 on no push contains filters: they come with the next read, whatever its reason.
    fake.configuration.addFilter({ created_at: '2026-02-01T00:00:00Z' })
    fake.configuration.addPattern({ created_at: '2026-02-02T00:00:00Z' })
    await isWhole()
    // No push of v0.7 contains applications.
    fake.configuration.addApplication({ created_at: '2026-02-03T00:00:00Z' })
    fake.configuration.removePattern(...fake.configuration.patterns.map(({ id }) => id))
    await isWhole()
    for (const { applications, patterns, filters } of watching.values)
      expect([applications !== null, patterns !== null, filters !== null]).toEqual([early, true, true])
  })

  it('applications are requested only at first where the server has none', async () => {
    await using fake = await startFakeMeshery({ release })
    await using watching = following(fake.url, (meshery) => meshery.subscribeConfiguration(), {
      transports: [transport],
    })
    for (const name of ['a', 'b', 'c']) {
      const { id } = fake.configuration.addPattern({ name })
      await watching.newest((value) => expect(value.patterns?.patterns.map((one) => one.id)).toContain(id))
    }
    const reads = asked(fake, '/api/pattern')
    expect(reads).toBeGreaterThan(2)
    expect(asked(fake, '/api/application')).toBe(early ? reads : 2)
  })

  it('a part that was not requested is null, and is not read', async () => {
    await using fake = await startFakeMeshery({ release })
    fill(fake)
    await using watching = following(fake.url, (meshery) => meshery.subscribeConfiguration({ filters: {} }), {
      transports: [transport],
    })
    await watching.newest((value) =>
      expect(value).toEqual({ applications: null, patterns: null, filters: whole(fake).filters }),
    )
    expect([asked(fake, '/api/pattern'), asked(fake, '/api/application')]).toEqual([0, 0])
    if (transport === 'polling') return
    await isLive(watching)
    // v0.6 refuses two selectors, so the third one asks for the smallest page.
    expect(subscribes(fake)).toBe(release === 'v0.6' ? 2 : 1)
  })
})

describe.concurrent.each(everyWay.filter(([, transport]) => transport === 'websocket'))('on %s over %s', (release) => {
  it('filters and applications that change alone arrive within 15 s, though no push announces them', {
    timeout: 30_000,
    tags: ['full'],
  }, async () => {
    await using fake = await startFakeMeshery({ release })
    fill(fake)
    await using watching = following(fake.url, (meshery) => meshery.subscribeConfiguration(), {
      transports: ['websocket'],
    })
    await watching.newest((value) => expect(value).toEqual(whole(fake)))
    await isLive(watching)
    // Not while the first pushes still cause reads.
    await eventually(() => expect(fake.stats.requests.at(-1)?.at).toBeLessThan(Date.now() - 1_000))
    fake.configuration.addFilter({ created_at: '2026-02-01T00:00:00Z' })
    fake.configuration.addApplication({ created_at: '2026-02-01T00:00:00Z' })
    await eventually(() => expect(watching.values.at(-1)).toEqual(whole(fake)))
    expect(watching.subscription.status).toMatchObject({ state: 'live', transport: 'websocket' })
  })
})

describe.concurrent('a server that becomes another release', () => {
  it('loses its applications, and the stream continues', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.6' })
    fill(fake)
    await using watching = following(fake.url, (meshery) => meshery.subscribeConfiguration())
    await watching.newest((value) => expect(value).toEqual(whole(fake)))
    await fake.become('v0.8')
    await watching.newest((value) => expect(value).toEqual(whole(fake)))
    await isLive(watching)
    expect(watching.values.map(({ applications }) => applications !== null)).toEqual([true, false])
  })
})

describe.concurrent('a push of any content', () => {
  it('is only a signal, and does not end the stream', async () => {
    await using fake = await startFakeMeshery({ release: 'v1.0' })
    const odd = [
      null,
      {},
      { subscribeConfiguration: null },
      { subscribeConfiguration: { patterns: [1], filters: 'x' } },
    ]
    fake.graphql('subscribeConfiguration', async function* () {
      yield frames(odd.map((data) => JSON.stringify({ data })))
      await new Promise(() => {})
    })
    fill(fake)
    await using watching = following(fake.url, (meshery) => meshery.subscribeConfiguration(), {
      transports: ['websocket'],
    })
    await watching.newest((value) => expect(value).toEqual(whole(fake)))
    await isLive(watching)
    expect(watching.values).toHaveLength(1)
  })
})
