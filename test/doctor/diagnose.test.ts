import { describe, expect, it } from 'vitest'
import { type Diagnosis, type DiagnosisStep, diagnose } from '../../src/doctor/index.ts'
import type { MesheryOptions, TransportName } from '../../src/index.ts'
import { type FakeMeshery, type FakeMesheryOptions, type Release, startFakeMeshery } from '../../src/testing/index.ts'
import { reservePort } from '../reserve-port.ts'
import { sampled } from '../sample.ts'
import { eventually } from '../waiting.ts'

const hasty: MesheryOptions = { provider: 'None', timeouts: { connect: 4_000, request: 4_000 } }

/** Its SSE streams have a line soon, as with a Meshery on which something happens. */
const startFake = (options: FakeMesheryOptions = {}): Promise<FakeMeshery> =>
  startFakeMeshery({ keepAlive: 100, ...options })

const stepOf = ({ steps }: Diagnosis, name: DiagnosisStep['name']): DiagnosisStep | undefined =>
  steps.find((step) => step.name === name)

const statuses = ({ steps }: Diagnosis): string => steps.map(({ name, status }) => `${name} ${status}`).join(', ')

describe('a diagnosis', () => {
  it.each(
    sampled<[Release, TransportName]>(
      [
        ['v0.6', 'websocket'],
        ['v0.7', 'websocket'],
        ['v0.8', 'websocket'],
        ['v1.0', 'websocket'],
        ['v1.0.52', 'sse'],
        ['current', 'sse'],
      ],
      2,
      'diagnosis',
    ),
  )('of %s finds that %s works', async (release, transport) => {
    await using fake = await startFake({ release })
    const diagnosis = await diagnose({ ...hasty, url: fake.url })
    expect(diagnosis.transport).toBe(transport)
    expect(diagnosis.url).toBe(fake.url)
    expect(statuses(diagnosis)).toMatch(
      /^configuration ok, proxy skipped, dns skipped, tcp ok, tls skipped, server ok, credentials ok, clock ok, /,
    )
    expect(stepOf(diagnosis, 'server')?.details['release']).not.toBeNull()
  })

  it('reports each step as it ends', async () => {
    await using fake = await startFake()
    const seen: string[] = []
    const { steps } = await diagnose({ ...hasty, url: fake.url }, { onStep: ({ name }) => seen.push(name) })
    expect(seen).toEqual(steps.map(({ name }) => name))
  })

  it('of a port without a server reports the refused connection', async () => {
    using gone = await reservePort()
    const diagnosis = await diagnose({ ...hasty, url: gone.url })
    expect(stepOf(diagnosis, 'tcp')).toMatchObject({
      status: 'failed',
      details: { code: 'CONNECTION_REFUSED' },
      remedy: expect.stringContaining('mesheryctl system start'),
    })
    expect(diagnosis).toMatchObject({ transport: null, verdict: expect.stringMatching(/^Nothing works: /) })
  })

  it('of an unknown name reports it', async () => {
    const diagnosis = await diagnose({ ...hasty, url: 'http://nowhere.invalid' })
    expect(stepOf(diagnosis, 'dns')).toMatchObject({ status: 'failed', details: { code: 'HOST_UNKNOWN' } })
    expect(stepOf(diagnosis, 'polling')?.status).toBe('skipped')
  })

  it('of refused credentials reports them, and shows no token', async () => {
    await using fake = await startFake({ auth: { token: 'right', provider: 'Meshery' } })
    const diagnosis = await diagnose({ ...hasty, url: fake.url, token: 'wr0ng-secret-token', provider: 'Meshery' })
    expect(stepOf(diagnosis, 'credentials')).toMatchObject({
      status: 'failed',
      details: { code: 'CREDENTIALS_REFUSED' },
      remedy: expect.stringContaining('mesheryctl system login'),
    })
    expect(stepOf(diagnosis, 'sse')).toMatchObject({ status: 'skipped', message: 'The credentials are refused' })
    expect(JSON.stringify(diagnosis)).not.toContain('wr0ng-secret')
  })

  it('of a server without sockets reports that another transport is used', async () => {
    await using fake = await startFake({ release: 'current' })
    const { verdict } = await diagnose({ ...hasty, url: fake.url })
    expect(verdict).toBe('Meshery v1.0.67 has no WebSocket. SSE works; meshery-live will use SSE.')
  })

  it('of a wrong clock warns of it', async () => {
    await using fake = await startFake({ clock: () => Date.now() - 600_000 })
    const diagnosis = await diagnose({ ...hasty, url: fake.url })
    expect(stepOf(diagnosis, 'clock')).toMatchObject({
      status: 'warning',
      message: expect.stringMatching(/differs by (599|600) s/),
    })
  })

  it('leaves nothing open', async () => {
    await using fake = await startFake({ release: 'v1.0' })
    await diagnose({ ...hasty, url: fake.url })
    await eventually(() => expect([fake.stats.openSockets, fake.stats.openStreams]).toEqual([0, 0]))
  })

  it('of an invalid option throws before anything is sent', async () => {
    await expect(diagnose({ url: 'nowhere' })).rejects.toMatchObject({ code: 'INVALID_OPTION' })
  })
})
