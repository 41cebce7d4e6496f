import { once } from 'node:events'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { type FakeMeshery, startFakeMeshery } from '../../src/testing/index.ts'
import { connectTCP, dial, dialAcknowledged, get, getJSON, refusedUpgrade, stream, subscribeEvents } from './clients.ts'

/** Lets everything that is under way arrive: a request behind it comes back. */
const settled = async (fake: FakeMeshery): Promise<void> => {
  await (await get(fake, '/healthz/live')).text()
}

/** Waits until a server in this process has read what has reached its sockets, unless it does not read. */
const nextRead = async (): Promise<void> => {
  for (let turns = 0; turns < 5; turns++) await nextTurn()
}

describe('the end of channels', () => {
  test('cut resets sockets and streams, and only those', async () => {
    await using fake = await startFakeMeshery({ release: 'v1.0.52' })
    await using socket = await dialAcknowledged(fake)
    await using sse = await stream(fake)
    const plain = await connectTCP(fake)
    fake.faults.cut()
    expect(await socket.closed).toEqual({ code: 1006, reason: '' })
    expect(await sse.ended).toBe('failed')
    await expect.poll(() => [fake.stats.openSockets, fake.stats.openStreams]).toEqual([0, 0])
    plain.write('GET /healthz/live HTTP/1.1\r\nHost: a\r\n\r\n')
    expect(String(await once(plain, 'data'))).toMatch(/^HTTP\/1.1 200 /)
    plain.destroy()
  })

  test('endChannels closes sockets with the frame it is given, and ends streams', async () => {
    await using fake = await startFakeMeshery({ release: 'v1.0.52' })
    await using socket = await dialAcknowledged(fake)
    await using other = await dialAcknowledged(fake)
    await using sse = await stream(fake)
    fake.faults.endChannels()
    expect(await socket.closed).toEqual({ code: 1000, reason: 'terminated' })
    await other.closed
    expect(await sse.ended).toBe('ended')
    await using third = await dialAcknowledged(fake)
    fake.faults.endChannels(4403, 'Forbidden')
    expect(await third.closed).toEqual({ code: 4403, reason: 'Forbidden' })
    await expect.poll(() => fake.stats.openSockets).toBe(0)
  })

  test('cut ends what endChannels was still ending', async () => {
    await using fake = await startFakeMeshery({ release: 'v1.0.52' })
    await using socket = await dialAcknowledged(fake)
    await using sse = await stream(fake)
    socket.socket.pause()
    fake.faults.endChannels()
    fake.faults.cut()
    await expect.poll(() => [fake.stats.openSockets, fake.stats.openStreams]).toEqual([0, 0])
    socket.socket.resume()
    await Promise.all([socket.closed, sse.ended])
  })

  test('cutYoung cuts what opens from now on', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using old = await dialAcknowledged(fake)
    fake.faults.cutYoung(20)
    await using fresh = await dial(fake)
    expect(await fresh.closed).toMatchObject({ code: 1006 })
    expect(old.socket.readyState).toBe(1)
    fake.faults.cutYoung(undefined)
    await using last = await dial(fake)
    await settled(fake)
    expect(last.socket.readyState).toBe(1)
  })
})

describe('the port', () => {
  test('refuse turns new connections away while the old ones live', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using client = await dialAcknowledged(fake)
    await fake.faults.refuse()
    await expect(get(fake, '/healthz/live')).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } })
    client.send({ type: 'ping' })
    expect(await client.messages(1)).toEqual([{ type: 'pong' }])
    await fake.faults.refuse(false)
    await settled(fake)
  })

  test('freeze answers nothing and reads nothing, and thaw lets all of it flow', async () => {
    await using fake = await startFakeMeshery({ release: 'v1.0.52' })
    await using client = await dialAcknowledged(fake)
    await using sse = await stream(fake)
    const plain = await connectTCP(fake)
    plain.write('GET /healthz/live HTTP/1.1\r\nHost: a\r\n\r\n')
    await once(plain, 'data')
    fake.stats.reset()
    fake.faults.freeze()
    const answers: string[] = []
    plain.on('data', (data) => answers.push(String(data)))
    plain.write('GET /healthz/live HTTP/1.1\r\nHost: a\r\n\r\n')
    client.send({ type: 'ping' })
    fake.events.add()
    const late = await connectTCP(fake)
    late.on('data', (data) => answers.push(String(data)))
    late.write('GET /healthz/ready HTTP/1.1\r\nHost: a\r\n\r\n')
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect([answers, client.received, sse.text(), fake.stats.received, fake.stats.requests]).toEqual([
      [],
      [],
      '',
      [],
      [],
    ])
    fake.faults.thaw()
    expect(await client.messages(1)).toEqual([{ type: 'pong' }])
    await expect.poll(() => answers).toHaveLength(2)
    await expect.poll(() => sse.text()).toMatch(/^data: .*\n\n$/)
    plain.destroy()
    late.destroy()
  })

  test('freeze reads nothing, although it follows a thaw at once', async () => {
    await using fake = await startFakeMeshery({ release: 'v1.0.52' })
    const plain = await connectTCP(fake)
    plain.write('GET /healthz/live HTTP/1.1\r\nHost: a\r\n\r\n')
    await once(plain, 'data')
    fake.stats.reset()
    fake.faults.freeze()
    await nextRead()
    fake.faults.thaw()
    fake.faults.freeze()
    plain.write('GET /healthz/live HTTP/1.1\r\nHost: a\r\n\r\n')
    await nextRead()
    expect(fake.stats.requests).toEqual([])
    fake.faults.thaw()
    await once(plain, 'data')
    expect(fake.stats.requests).toHaveLength(1)
    plain.destroy()
  })

  test('a push into a frozen socket arrives at its thaw', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using client = await dialAcknowledged(fake)
    await subscribeEvents(client, fake)
    fake.faults.freeze()
    const event = fake.events.add()
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(client.received).toEqual([])
    fake.faults.thaw()
    expect(await client.messages(1)).toMatchObject([{ payload: { data: { subscribeEvents: { id: event.id } } } }])
  })

  test('an answer that was under way waits for the thaw', async () => {
    await using fake = await startFakeMeshery()
    fake.faults.slowStore(150)
    let arrived = false
    const answer = get(fake, '/api/system/events').then((response) => {
      arrived = true
      return response.status
    })
    await expect.poll(() => fake.stats.requests).toHaveLength(1)
    fake.faults.freeze()
    await new Promise((resolve) => setTimeout(resolve, 250))
    expect(arrived).toBe(false)
    fake.faults.thaw()
    expect(await answer).toBe(200)
  })

  test('a peer that leaves a frozen fake is disconnected at its thaw', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using client = await dialAcknowledged(fake)
    fake.faults.freeze()
    client.socket.terminate()
    await client.closed
    const unserved = await connectTCP(fake)
    unserved.resetAndDestroy()
    fake.faults.thaw()
    await expect.poll(() => fake.stats.openSockets).toBe(0)
    await settled(fake)
  })
})

describe('the answers', () => {
  test('delayAck delays the acknowledgement, or withholds it', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    fake.faults.delayAck(60)
    const before = performance.now()
    await using _slow = await dialAcknowledged(fake)
    expect(performance.now() - before).toBeGreaterThan(50)
    fake.faults.delayAck(Number.POSITIVE_INFINITY)
    await using never = await dial(fake)
    never.send({ type: 'connection_init' })
    never.send({ type: 'ping' })
    expect(await never.messages(1)).toEqual([{ type: 'pong' }])
  })

  test('answer gives each target an answer of its own', async () => {
    await using fake = await startFakeMeshery({ release: 'v1.0.52' })
    fake.faults.answer('upgrade', 502, { headers: { server: 'nginx' }, body: '<html>' })
    fake.faults.answer('sse', 404)
    fake.faults.answer('store', 429, { headers: { 'retry-after': '7' } })
    fake.faults.answer('version', 500)
    expect(await refusedUpgrade(fake)).toMatchObject({ status: 502, headers: { server: 'nginx' }, body: '<html>' })
    expect((await get(fake, '/api/system/events/subscribe')).status).toBe(404)
    const store = await get(fake, '/api/system/events')
    expect([store.status, store.headers.get('retry-after'), await store.text()]).toEqual([
      429,
      '7',
      'Too Many Requests\n',
    ])
    expect((await get(fake, '/api/system/version')).status).toBe(500)
    expect((await get(fake, '/healthz/live')).status).toBe(200)
    fake.faults.answer('upgrade', undefined)
    await using client = await dial(fake)
    expect(client.socket.readyState).toBe(1)
  })

  test('no answer at all: a reset, or silence', async () => {
    await using fake = await startFakeMeshery({ release: 'current' })
    fake.faults.answer('store', 'reset')
    fake.faults.answer('version', 'silence')
    await expect(get(fake, '/api/system/events')).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } })
    const signal = AbortSignal.timeout(100)
    await expect(fetch(`${fake.url}/api/system/version`, { signal })).rejects.toMatchObject({ name: 'TimeoutError' })
    await fake.faults.calm()
    expect((await get(fake, '/api/system/version')).status).toBe(200)
  })

  test('answer can be given so many times', async () => {
    await using fake = await startFakeMeshery()
    fake.faults.answer('everything', 503, { times: 2 })
    const statuses: number[] = []
    for (let turn = 0; turn < 3; turn++) statuses.push((await get(fake, '/api/system/events')).status)
    expect(statuses).toEqual([503, 503, 200])
    expect(fake.stats.requests.map(({ status }) => status)).toEqual([503, 503, 200])
  })

  test('block strips Upgrade, and keeps what follows the headers of a stream', async () => {
    await using fake = await startFakeMeshery({ release: 'v1.0.52', keepAlive: 10 })
    fake.faults.block('websocket')
    fake.faults.block('sse')
    const { status, body } = await refusedUpgrade(fake)
    expect([status, JSON.parse(body).errors[0].message]).toEqual([422, 'no operation provided'])
    await using sse = await stream(fake)
    expect(sse.response.status).toBe(200)
    fake.events.add()
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect(sse.text()).toBe('')
    fake.faults.block('websocket', false)
    await using client = await dial(fake)
    expect(client.socket.readyState).toBe(1)
  })
})

describe('the store', () => {
  test('slowStore answers late, with what was there when it was asked', async () => {
    await using fake = await startFakeMeshery()
    fake.faults.slowStore(60)
    const before = performance.now()
    const answer = getJSON(fake, '/api/system/events')
    await expect.poll(() => fake.stats.requests).toHaveLength(1)
    fake.events.add()
    expect(await answer).toMatchObject({ events: [], totalCount: 0 })
    expect(performance.now() - before).toBeGreaterThan(50)
  })

  test('ignoreAscending lists newest first, and zeroTotal reports 0', async () => {
    await using fake = await startFakeMeshery()
    fake.events.add({ description: 'a' })
    fake.events.insertLate({ description: 'b' }, 1_000)
    fake.faults.ignoreAscending()
    fake.faults.zeroTotal()
    expect(await getJSON(fake, '/api/system/events?sort=created_at&order=asc')).toMatchObject({
      events: [{ description: 'a' }, { description: 'b' }],
      totalCount: 0,
    })
  })
})

describe('the pushes', () => {
  const numbers = async (setFaults: (fake: FakeMeshery) => void): Promise<string[]> => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using client = await dialAcknowledged(fake)
    await subscribeEvents(client, fake, 'description')
    setFaults(fake)
    const add = (...descriptions: string[]): void => {
      for (const description of descriptions) fake.events.add({ description })
    }
    add('1', '2', '3')
    await new Promise(setImmediate)
    add('4')
    await new Promise(setImmediate)
    fake.faults.dropPushes(false)
    fake.faults.duplicatePushes(false)
    add('end')
    await expect.poll(() => client.received.at(-1)).toContain('end')
    expect(fake.events.rows).toHaveLength(5)
    return client.received.flatMap((text) => /"description":"(\d)"/.exec(text)?.[1] ?? [])
  }

  test.each([
    ['all arrive', (): void => {}, ['1', '2', '3', '4']],
    ['two are lost', (fake: FakeMeshery): void => fake.faults.dropPushes(2), ['3', '4']],
    ['all are lost', (fake: FakeMeshery): void => fake.faults.dropPushes(true), []],
    [
      'all come twice',
      (fake: FakeMeshery): void => fake.faults.duplicatePushes(),
      ['1', '1', '2', '2', '3', '3', '4', '4'],
    ],
    ['bursts keep their first', (fake: FakeMeshery): void => fake.faults.oneSlot(), ['1', '4']],
  ])('%s', async (_, setFaults, expected) => {
    expect(await numbers(setFaults)).toEqual(expected)
  })
})

describe('garbage', () => {
  test('comes over WebSocket in every kind', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    await using client = await dialAcknowledged(fake)
    await subscribeEvents(client, fake, 'description')
    const binary: boolean[] = []
    client.socket.on('message', (_, isBinary) => binary.push(isBinary))
    fake.faults.garbage('binary')
    fake.faults.garbage('broken-json')
    fake.faults.garbage('not-an-object')
    fake.faults.garbage('unknown-id')
    fake.faults.garbage('huge', 1_000_000)
    fake.faults.sendRaw('anything')
    await expect.poll(() => client.received).toHaveLength(6)
    expect(binary).toEqual([true, false, false, false, false, false])
    expect(() => JSON.parse(client.received[1] ?? '{}')).toThrow(SyntaxError)
    expect(JSON.parse(client.received[2] ?? '')).toEqual([42])
    expect(JSON.parse(client.received[3] ?? '').id).not.toBe('1')
    expect(JSON.parse(client.received[4] ?? '').payload.data.subscribeEvents.description).toHaveLength(1_000_000)
    expect(client.received[5]).toBe('anything')
  })

  test('comes over SSE', async () => {
    await using fake = await startFakeMeshery()
    await using sse = await stream(fake)
    fake.faults.garbage('broken-json')
    fake.faults.garbage('not-an-object')
    fake.faults.sendRaw('data: a\r\n')
    await expect.poll(() => sse.text()).toBe('data: {"id":\n\ndata: [42]\n\ndata: a\r\n')
    fake.faults.garbage('huge', 1_000_000)
    await expect.poll(() => sse.text().length).toBeGreaterThan(1_000_000)
  })
})

test('calm ends every fault', async () => {
  await using fake = await startFakeMeshery({ release: 'v1.0.52' })
  const { faults } = fake
  faults.answer('everything', 500)
  faults.slowStore(60_000)
  faults.delayAck(Number.POSITIVE_INFINITY)
  faults.block('websocket')
  faults.zeroTotal()
  faults.dropPushes(true)
  faults.cutYoung(1)
  faults.freeze()
  await faults.refuse()
  await faults.calm()
  fake.events.add()
  await using client = await dialAcknowledged(fake)
  await using sse = await stream(fake)
  fake.events.add()
  await expect.poll(() => sse.text()).toMatch(/^data/)
  expect(await getJSON(fake, '/api/system/events')).toMatchObject({ totalCount: 2 })
  expect(client.socket.readyState).toBe(1)
})

test('compresses every answer, whatever was asked for', async () => {
  await using fake = await startFakeMeshery({ release: 'current', seed: [{ description: 'An event' }] })
  fake.faults.compress()
  const headers = { 'accept-encoding': 'identity', cookie: 'meshery-provider=Local' }
  const answer = await fetch(`${fake.url}/api/system/events`, { headers })
  expect(answer.headers.get('content-encoding')).toBe('gzip')
  expect(await answer.json()).toMatchObject({ events: [{ description: 'An event' }] })
  const stream = await fetch(`${fake.url}/api/system/events/subscribe`, { headers })
  const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader()
  fake.events.add({ description: 'First' })
  expect((await reader?.read())?.value).toContain('First')
  fake.events.add({ description: 'Second' })
  expect((await reader?.read())?.value).toContain('Second')
  await reader?.cancel()
})

describe('wrong pages', () => {
  const descriptions = async (fake: FakeMeshery, page: number): Promise<unknown> => {
    const { events } = await getJSON(fake, `/api/system/events?sort=created_at&order=asc&pagesize=2&page=${page}`)
    return Array.isArray(events) ? events.map(({ description }) => description) : events
  }

  test('are the last one past the end, or always the first', async () => {
    const seed = ['a', 'b', 'c'].map((description) => ({ description }))
    await using fake = await startFakeMeshery({ release: 'current', seed })
    fake.faults.wrongPages('last')
    expect([await descriptions(fake, 0), await descriptions(fake, 1), await descriptions(fake, 7)]).toEqual([
      ['a', 'b'],
      ['c'],
      ['c'],
    ])
    fake.faults.wrongPages('first')
    expect(await descriptions(fake, 1)).toEqual(['a', 'b'])
    fake.faults.wrongPages(undefined)
    expect(await descriptions(fake, 7)).toEqual([])
  })
})

describe('a broken body', () => {
  const url = '/api/system/events'
  const headers = { cookie: 'meshery-provider=Local' }

  test('is cut after its first half', async () => {
    await using fake = await startFakeMeshery({ release: 'current', seed: [{}] })
    fake.faults.breakBodies('cut')
    const answer = await fetch(fake.url + url, { headers })
    expect(answer.status).toBe(200)
    await expect(answer.text()).rejects.toThrow('terminated')
  })

  test('stalls after its first half', async () => {
    await using fake = await startFakeMeshery({ release: 'current', seed: [{}] })
    fake.faults.breakBodies('stall')
    const answer = await fetch(fake.url + url, { headers })
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader()
    const first = await reader?.read()
    expect(first?.value?.startsWith('{')).toBe(true)
    await fake.faults.calm()
    await fake.stop()
    await expect(reader?.read()).rejects.toThrow('terminated')
  })
})
