import { describe, expect, test } from 'vitest'
import { type FakeMeshery, type Release, startFakeMeshery } from '../../src/testing/index.ts'
import { casesOf, claimsInTurnFor, sampled } from '../sample.ts'
import { get, getJSON, query, type RawStream, silentAfter, stream, streamed, subscribeTo, values } from './clients.ts'

const late = ['v0.8', 'v1.0', 'v1.0.52'] as const
const folder = '/api/system/controllers'

const status = `subscription ($ids: [String!]) {
  subscribeMesheryControllersStatus(connectionIDs: $ids) { connectionID controller status version }
}`
const earlyStatus = `subscription ($ids: [String!]) {
  subscribeMesheryControllersStatus(k8scontextIDs: $ids) { contextId controller status }
}`
const item = (connectionID: string, controller: string, state: string, version = ''): object => ({
  ...{ connectionID, controller, status: state, version },
})
const early = (contextId: string, controller: string, state: string): object => ({
  ...{ contextId, controller, status: state },
})

describe('the controllers', () => {
  test('are kept as they were set, in order', async () => {
    await using fake = await startFakeMeshery()
    fake.controllers.set('b', 'OPERATOR', { status: 'DEPLOYED', version: 'v1' })
    fake.controllers.set('b', 'BROKER', { status: 'UNKNOWN' })
    fake.controllers.set('a', 'MESHSYNC', { status: 'RUNNING' })
    fake.controllers.set('a', 'MESHSYNC', { status: 'CONNECTED' })
    const rows = [
      item('a', 'MESHSYNC', 'CONNECTED'),
      item('b', 'BROKER', 'UNKNOWN'),
      item('b', 'OPERATOR', 'DEPLOYED', 'v1'),
    ]
    expect(fake.controllers.rows).toEqual(rows)
    fake.controllers.remove('b', 'BROKER')
    expect(fake.controllers.rows).toEqual([rows[0], rows[2]])
    fake.controllers.remove('b')
    expect(fake.controllers.rows).toEqual([rows[0]])
  })
})

claimsInTurnFor('over WebSocket, %s', casesOf(late), (test, [release]) => {
  test('sends one list of everything known, then lists of one for what changed', async () => {
    await using fake = await startFakeMeshery({ release })
    fake.controllers.set('b', 'OPERATOR', { status: 'DEPLOYED', version: 'v1' })
    fake.controllers.set('a', 'BROKER', { status: 'RUNNING' })
    fake.controllers.set('other', 'BROKER', { status: 'RUNNING' })
    await using client = await subscribeTo(fake, status, { ids: ['a', 'b', 'unknown'] })
    await values(client, 1)
    fake.controllers.set('a', 'BROKER', { status: 'RUNNING' })
    fake.controllers.set('other', 'BROKER', { status: 'UNKNOWN' })
    fake.controllers.set('a', 'BROKER', { status: 'UNKNOWN' })
    fake.controllers.set('b', 'OPERATOR', { status: 'DEPLOYED', version: 'v2' })
    fake.controllers.set('unknown', 'MESHSYNC', { status: 'UNDEPLOYED' })
    expect(await values(client, 4)).toEqual([
      expect.arrayContaining([item('a', 'BROKER', 'RUNNING'), item('b', 'OPERATOR', 'DEPLOYED', 'v1')]),
      [item('a', 'BROKER', 'UNKOWN')],
      [item('b', 'OPERATOR', 'DEPLOYED', 'v2')],
      [item('unknown', 'MESHSYNC', 'UNDEPLOYED')],
    ])
    expect((await values(client, 1))[0]).toHaveLength(2)
    await silentAfter(client, 4)
  })

  test.each([[[]], [null], [undefined]])('sends an empty list for %j, then nothing', async (ids) => {
    await using fake = await startFakeMeshery({ release })
    fake.controllers.set('a', 'BROKER', { status: 'RUNNING' })
    await using client = await subscribeTo(fake, status, { ids })
    expect(await values(client, 1)).toEqual([[]])
    fake.controllers.set('a', 'BROKER', { status: 'DEPLOYED' })
    await silentAfter(client, 1)
    expect(fake.stats.operations).toBe(1)
  })

  test('leaves inactive connections out, and reports no removal', async () => {
    await using fake = await startFakeMeshery({ release })
    fake.controllers.set('a', 'BROKER', { status: 'RUNNING' })
    fake.controllers.set('b', 'BROKER', { status: 'RUNNING' })
    fake.controllers.active('a', false)
    await using client = await subscribeTo(fake, status, { ids: ['a', 'b'] })
    await values(client, 1)
    fake.controllers.remove('b')
    fake.controllers.active('a')
    expect(await values(client, 2)).toEqual([[item('b', 'BROKER', 'RUNNING')], [item('a', 'BROKER', 'RUNNING')]])
    await silentAfter(client, 2)
  })

  test('does not raise a status by the broker link', async () => {
    await using fake = await startFakeMeshery({ release })
    fake.controllers.set('a', 'MESHSYNC', { status: 'RUNNING' })
    fake.controllers.brokerLink('a')
    await using client = await subscribeTo(fake, status, { ids: ['a'] })
    expect(await values(client, 1)).toEqual([[item('a', 'MESHSYNC', 'RUNNING')]])
  })
})

describe('over WebSocket, v0.7', () => {
  const status = `subscription ($ids: [String!]) {
    subscribeMesheryControllersStatus(k8scontextIDs: $ids) { contextId controller status version }
  }`
  const start = async (): Promise<{ fake: FakeMeshery; a: string; b: string }> => {
    const fake = await startFakeMeshery({ release: 'v0.7' })
    const [a, b] = [fake.contexts.add(), fake.contexts.add()]
    fake.controllers.set(a.connection_id, 'BROKER', { status: 'RUNNING', version: 'v1' })
    fake.controllers.set(b.connection_id, 'MESHSYNC', { status: '' })
    return { fake, a: a.id, b: b.id }
  }

  test('reports every context by its own id, whatever the argument and the URL', async () => {
    const { fake, a, b } = await start()
    await using _ = fake
    await using client = await subscribeTo(fake, status, { ids: ['unknown'] }, { query: `?contexts=${a}` })
    expect(await values(client, 1)).toEqual([
      [
        { contextId: a, controller: 'BROKER', status: 'RUNNING', version: 'v1' },
        { contextId: b, controller: 'MESHSYNC', status: '', version: '' },
      ],
    ])
  })

  test('fails without handlers: no data, an error and the end', async () => {
    const { fake } = await start()
    await using _ = fake
    fake.controllers.handlers(false)
    await using client = await subscribeTo(fake, status, {})
    const [first, last] = await client.messages(2)
    expect(first).toMatchObject({
      type: 'next',
      payload: {
        data: null,
        errors: [{ message: expect.stringContaining('controller handlers may not be available') }],
      },
    })
    expect(last).toMatchObject({ type: 'complete' })
  })
})

describe('over WebSocket, v0.6', () => {
  const start = async (): Promise<{ fake: FakeMeshery; a: { id: string; connection_id: string } }> => {
    const fake = await startFakeMeshery({ release: 'v0.6' })
    const [a, b] = [fake.contexts.add(), fake.contexts.add()]
    fake.controllers.set(a.connection_id, 'BROKER', { status: 'RUNNING', version: 'v1' })
    fake.controllers.set(b.connection_id, 'MESHSYNC', { status: 'UNDEPLOYED' })
    return { fake, a }
  }

  test('takes the contexts of the URL of the upgrade, not those of the argument', async () => {
    const { fake, a } = await start()
    await using _ = fake
    const url = { query: `?contexts=${a.id}&contexts=unknown` }
    await using client = await subscribeTo(fake, earlyStatus, { ids: ['unknown'] }, url)
    await values(client, 1)
    fake.controllers.set(a.connection_id, 'OPERATOR', { status: 'DEPLOYING' })
    expect(await values(client, 2)).toEqual([
      [early(a.id, 'BROKER', 'DEPLOYED')],
      [early(a.id, 'OPERATOR', 'DEPLOYING')],
    ])
  })

  test('takes all contexts for `all`', async () => {
    const { fake } = await start()
    await using _ = fake
    await using client = await subscribeTo(fake, earlyStatus, {}, { query: '?contexts=all' })
    const [a, b] = fake.contexts.rows
    expect(await values(client, 1)).toEqual([
      [early(a?.id ?? '', 'BROKER', 'DEPLOYED'), early(b?.id ?? '', 'MESHSYNC', 'NOTDEPLOYED')],
    ])
  })

  test('knows those contexts that were there at the upgrade, whenever it subscribes', async () => {
    const { fake } = await start()
    await using _ = fake
    await using client = await subscribeTo(fake, earlyStatus, {}, { query: '?contexts=all' })
    await values(client, 1)
    fake.controllers.set(fake.contexts.add().connection_id, 'BROKER', { status: 'DEPLOYED' })
    client.send({ id: '2', type: 'subscribe', payload: { query: earlyStatus } })
    const [before, after] = await values(client, 2)
    expect(after).toEqual(before)
    await using other = await subscribeTo(fake, earlyStatus, {}, { query: '?contexts=all' })
    expect((await values(other, 1))[0]).toHaveLength(3)
  })

  test.each(['', '?contexts=unknown'])('fails where the URL names no context (%s)', async (url) => {
    const { fake, a } = await start()
    await using _ = fake
    await using client = await subscribeTo(fake, earlyStatus, { ids: [a.id] }, { query: url })
    expect(await client.messages(2)).toEqual([
      {
        payload: { errors: [{ message: expect.any(String), path: [expect.any(String)] }], data: null },
        ...{ id: '1', type: 'next' },
      },
      { id: '1', type: 'complete' },
    ])
  })

  test.each([
    ['CONNECTED', 'DEPLOYED'],
    ['ENABLED', 'DEPLOYED'],
    ['NOTDEPLOYED', 'NOTDEPLOYED'],
    ['UNKNOWN', 'UNKOWN'],
    ['of tomorrow', 'UNKOWN'],
  ])('reports %s as %s', async (state, reported) => {
    const { fake, a } = await start()
    await using _ = fake
    fake.controllers.set(a.connection_id, 'BROKER', { status: state })
    await using client = await subscribeTo(fake, earlyStatus, {}, { query: `?contexts=${a.id}` })
    expect(await values(client, 1)).toEqual([[early(a.id, 'BROKER', reported)]])
  })

  test('has neither a version nor connections', async () => {
    const { fake } = await start()
    await using _ = fake
    await using client = await subscribeTo(fake, status, {}, { query: '?contexts=all' })
    const [error] = await client.messages(2)
    expect(error).toMatchObject({
      type: 'error',
      payload: [{ message: expect.stringContaining('connectionIDs') }, {}, {}],
    })
  })
})

describe('over SSE, current', () => {
  const open = (fake: FakeMeshery, ...ids: string[]): Promise<RawStream> =>
    stream(fake, {}, `${folder}/status/subscribe?${ids.map((id) => `connectionIds=${id}`).join('&')}`)
  const sent = (connectionId: string, controller: string, state: string, version = ''): object => ({
    ...{ connectionId, controller, status: state, version },
  })

  test('sends the whole list at once, and again when it differs', async () => {
    await using fake = await startFakeMeshery()
    fake.controllers.set('b', 'OPERATOR', { status: 'DEPLOYED', version: 'v1' })
    fake.controllers.set('b', 'BROKER', { status: '' })
    fake.controllers.set('other', 'BROKER', { status: 'RUNNING' })
    await using sse = await open(fake, 'a', 'b')
    await streamed(sse, 1)
    fake.controllers.set('b', 'OPERATOR', { status: 'DEPLOYED', version: 'v1' })
    fake.controllers.set('other', 'BROKER', { status: 'UNKNOWN' })
    fake.controllers.set('a', 'MESHSYNC', { status: 'UNKNOWN' })
    fake.controllers.remove('b', 'BROKER')
    const operator = sent('b', 'OPERATOR', 'DEPLOYED', 'v1')
    expect(await streamed(sse, 3)).toEqual([
      [sent('b', 'BROKER', ''), operator],
      [sent('a', 'MESHSYNC', 'UNKOWN'), sent('b', 'BROKER', ''), operator],
      [sent('a', 'MESHSYNC', 'UNKOWN'), operator],
    ])
  })

  test('leaves inactive connections out', async () => {
    await using fake = await startFakeMeshery()
    fake.controllers.set('a', 'BROKER', { status: 'RUNNING' })
    fake.controllers.active('a', false)
    await using sse = await open(fake, 'a')
    await streamed(sse, 1)
    fake.controllers.active('a')
    expect(await streamed(sse, 2)).toEqual([[], [sent('a', 'BROKER', 'RUNNING')]])
  })

  test('sends an empty list when no connection is named', async () => {
    await using fake = await startFakeMeshery({ keepAlive: 10 })
    fake.controllers.set('a', 'BROKER', { status: 'RUNNING' })
    await using sse = await open(fake)
    fake.controllers.set('a', 'BROKER', { status: 'DEPLOYED' })
    await expect.poll(() => sse.text()).toMatch(/^data: \[\]\n\n(: keepalive\n\n){2,}$/)
  })

  test('raises MESHSYNC and BROKER to CONNECTED while the link is up', async () => {
    await using fake = await startFakeMeshery()
    fake.controllers.set('a', 'BROKER', { status: 'DEPLOYED' })
    fake.controllers.set('a', 'MESHSYNC', { status: 'ENABLED' })
    fake.controllers.set('a', 'OPERATOR', { status: 'RUNNING' })
    await using sse = await open(fake, 'a')
    await streamed(sse, 1)
    fake.controllers.brokerLink('a')
    fake.controllers.set('a', 'MESHSYNC', { status: 'NOTDEPLOYED' })
    fake.controllers.brokerLink('a', false)
    const states = (await streamed(sse, 4)).map((list) => (Array.isArray(list) ? list.map((one) => one.status) : list))
    expect(states).toEqual([
      ['DEPLOYED', 'ENABLED', 'RUNNING'],
      ['CONNECTED', 'CONNECTED', 'RUNNING'],
      ['CONNECTED', 'NOTDEPLOYED', 'RUNNING'],
      ['DEPLOYED', 'NOTDEPLOYED', 'RUNNING'],
    ])
  })

  test('is a live channel like any other', async () => {
    await using fake = await startFakeMeshery()
    await using sse = await open(fake, 'a')
    expect(sse.response.headers.get('content-type')).toBe('text/event-stream')
    expect(fake.stats).toMatchObject({
      openStreams: 1,
      dials: [{ transport: 'sse', path: `${folder}/status/subscribe` }],
    })
    fake.faults.cut()
    expect(await sse.ended).toBe('failed')
    await expect.poll(() => fake.stats.openStreams).toBe(0)
    fake.faults.answer('sse', 500)
    await using refused = await open(fake, 'a')
    expect(refused.response.status).toBe(500)
  })

  test.each(sampled(['v0.6', 'v0.7', 'v0.8', 'v1.0', 'v1.0.52'] as const, 1, 'not there'))(
    'is not there on %s, nor are the reads',
    async (release) => {
      await using fake = await startFakeMeshery({ release })
      for (const path of ['status/subscribe', 'operator/status', 'meshsync/status', 'broker/status', 'diagnostics']) {
        expect((await get(fake, `${folder}/${path}?connectionId=a`)).status).toBe(404)
      }
    },
  )
})

describe('over REST, current', () => {
  const read = (fake: FakeMeshery, what: string, connection = 'a'): Promise<Record<string, unknown>> =>
    getJSON(fake, `${folder}/${what}?connectionId=${connection}`)

  test('reports the operator in the enum, never raised', async () => {
    await using fake = await startFakeMeshery()
    fake.controllers.set('a', 'OPERATOR', { status: 'RUNNING', version: 'v1' })
    fake.controllers.brokerLink('a')
    const running = { connectionId: 'a', controller: 'OPERATOR', status: 'RUNNING', version: 'v1' }
    expect(await read(fake, 'operator/status')).toEqual(running)
    fake.controllers.active('a', false)
    expect(await read(fake, 'operator/status')).toEqual({ ...running, status: 'UNKOWN', version: '' })
    expect(await getJSON(fake, `${folder}/operator/status`)).toMatchObject({ connectionId: '', status: 'UNKOWN' })
  })

  test('reports MeshSync and the broker in words', async () => {
    await using fake = await startFakeMeshery()
    fake.controllers.set('a', 'MESHSYNC', { status: 'NOTDEPLOYED', version: 'v2' })
    const meshsync = { connectionId: 'a', name: 'MeshSync', version: 'v2' }
    expect(await read(fake, 'meshsync/status')).toEqual({ ...meshsync, status: 'Unknown' })
    expect(await read(fake, 'broker/status')).toEqual({ connectionId: 'a', name: '', version: '', status: 'UNKOWN' })
    fake.controllers.set('a', 'BROKER', { status: 'RUNNING', version: 'v3' })
    const broker = { connectionId: 'a', name: 'MesheryBroker', version: 'v3' }
    expect(await read(fake, 'meshsync/status')).toEqual({ ...meshsync, status: 'Not Deployed' })
    expect(await read(fake, 'broker/status')).toEqual({ ...broker, status: 'Running' })
    fake.controllers.set('a', 'MESHSYNC', { status: 'DEPLOYED', version: 'v2' })
    fake.controllers.brokerLink('a')
    expect(await read(fake, 'meshsync/status')).toEqual({ ...meshsync, status: expect.stringMatching(/^Connected .+/) })
    expect(await read(fake, 'broker/status')).toEqual({ ...broker, status: expect.stringMatching(/^Connected .+/) })
  })

  test('reports that a connection is not active', async () => {
    await using fake = await startFakeMeshery()
    for (const [what, name] of [
      ['meshsync/status', 'MeshSync'],
      ['broker/status', 'MesheryBroker'],
    ] as const) {
      expect(await read(fake, what, 'unknown')).toEqual({
        connectionId: 'unknown',
        name,
        version: '',
        status: 'UNKOWN',
      })
    }
  })

  test('diagnoses', async () => {
    await using fake = await startFakeMeshery()
    const codes = async (): Promise<unknown> => {
      const { healthy, diagnostics } = await read(fake, 'diagnostics')
      return [healthy, ...(Array.isArray(diagnostics) ? diagnostics.map(({ code }) => code) : [])]
    }
    expect(await codes()).toEqual([true, 'connection_inactive'])
    fake.controllers.set('a', 'OPERATOR', { status: 'NOTDEPLOYED' })
    fake.controllers.set('a', 'BROKER', { status: 'DEPLOYED' })
    expect(await codes()).toEqual([false, 'operator_not_deployed', 'broker_unreachable', 'broker_networking'])
    fake.controllers.set('a', 'OPERATOR', { status: 'DEPLOYED' })
    expect(await codes()).toEqual([false, 'broker_unreachable', 'broker_networking'])
    fake.controllers.brokerLink('a')
    expect(await codes()).toEqual([true, 'broker_networking'])
    expect(await getJSON(fake, `${folder}/diagnostics`)).toMatchObject({
      connectionId: '00000000-0000-0000-0000-000000000000',
    })
  })
})

describe('by queries', () => {
  const text = `query ($id: String!) {
    operator: getOperatorStatus(connectionID: $id) { connectionID controller status version }
    meshsync: getMeshsyncStatus(connectionID: $id) { connectionID name version status error { code } }
    broker: getNatsStatus(connectionID: $id) { name status }
  }`

  test.each(sampled(late, 1, '%s answers'))('%s answers for a connection', async (release) => {
    await using fake = await startFakeMeshery({ release })
    fake.controllers.set('a', 'OPERATOR', { status: 'DEPLOYED', version: 'v1' })
    fake.controllers.set('a', 'MESHSYNC', { status: 'RUNNING', version: 'v2' })
    fake.controllers.set('a', 'BROKER', { status: 'NOTDEPLOYED' })
    expect(await query(fake, text, { id: 'a' })).toEqual({
      status: 200,
      body: {
        data: {
          operator: item('a', 'OPERATOR', 'DEPLOYED', 'v1'),
          meshsync: { connectionID: 'a', name: 'MeshSync', version: 'v2', status: 'Running', error: null },
          broker: { name: 'MesheryBroker', status: 'Not Deployed' },
        },
      },
    })
    expect((await query(fake, text, { id: 'b' })).body).toMatchObject({
      data: {
        operator: item('b', 'OPERATOR', 'UNKOWN'),
        meshsync: { connectionID: 'b', name: '', status: 'Unknown' },
        broker: { name: '', status: 'Unknown' },
      },
    })
  })

  test('v0.7 answers for an operator by its context, and for the others by their connection', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.7' })
    const { id, connection_id } = fake.contexts.add()
    fake.controllers.set(connection_id, 'OPERATOR', { status: 'RUNNING', version: 'v1' })
    fake.controllers.set(connection_id, 'BROKER', { status: 'CONNECTED', version: 'v3' })
    const mixed = `query ($context: String!, $id: String!) {
      getOperatorStatus(k8scontextID: $context) { contextId controller status version }
      getMeshsyncStatus(connectionID: $id) { name status contextID }
      getNatsStatus(connectionID: $id) { name status version }
    }`
    expect((await query(fake, mixed, { context: id, id: connection_id })).body).toEqual({
      data: {
        getOperatorStatus: { contextId: id, controller: 'OPERATOR', status: 'RUNNING', version: '' },
        getMeshsyncStatus: { name: '', status: 'Unknown', contextID: '' },
        getNatsStatus: { name: 'MesheryBroker', status: 'Connected nats://10.96.12.7:4222', version: 'v3' },
      },
    })
    expect((await query(fake, mixed, { context: id, id })).body).toMatchObject({ data: null })
    fake.controllers.handlers(false)
    expect((await query(fake, mixed, { context: id, id: connection_id })).body).toMatchObject({
      data: { getOperatorStatus: { status: 'UNKOWN' }, getNatsStatus: { name: 'MesheryBroker' } },
    })
  })

  test('v0.6 answers for a context, in another shape', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.6' })
    const { id, connection_id } = fake.contexts.add()
    fake.controllers.set(connection_id, 'OPERATOR', { status: 'RUNNING', version: 'v1' })
    fake.controllers.set(connection_id, 'BROKER', { status: 'DEPLOYING', version: 'v3' })
    const early = `query ($id: String!) {
      getOperatorStatus(k8scontextID: $id) { status version contextID controllers { name version status contextID } }
      getMeshsyncStatus(k8scontextID: $id) { name status }
    }`
    expect((await query(fake, early, { id })).body).toEqual({
      data: {
        getOperatorStatus: {
          ...{ status: 'ENABLED', version: 'v1', contextID: id },
          controllers: [
            { name: 'MesheryBroker', version: 'v3', status: 'PROCESSING', contextID: id },
            { name: '', version: '', status: 'UNKNOWN', contextID: id },
          ],
        },
        getMeshsyncStatus: { name: '', status: 'UNKNOWN' },
      },
    })
  })

  test.each(['current', 'v0.6'] satisfies Release[])('%s does not know them so', async (release) => {
    await using fake = await startFakeMeshery({ release })
    expect((await query(fake, text, { id: 'a' })).status).toBe(422)
  })
})
