import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from '@nats-io/transport-node'
import { createMeshery } from 'meshery-live'
import { fileCursor, natsSink, relay } from 'meshery-live/relay'
import { startFakeMeshery } from 'meshery-live/testing'
import { median, sleep } from '../statistics.mjs'

const everyMs = 250
/** Debian installs `nats-server` where only root looks. */
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` }

/** How much followers cost Meshery, each with a client of its own, and all of them behind one relay. */
export async function relayLoad({ quick }) {
  if (spawnSync('nats-server', ['--version'], { env }).status !== 0)
    return [{ measure: 'followers behind one relay', target: '', result: 'not measured: `nats-server` is not here' }]
  const counts = quick ? [1, 10] : [1, 10, 100]
  const seconds = quick ? 5 : 15
  const direct = []
  const relayed = []
  for (const count of counts) {
    direct.push(await measured(seconds, (fake, came) => followDirectly(fake, count, came)))
    relayed.push(await measured(seconds, (fake, came) => followRelay(fake, count, came)))
  }
  const row = (name, ways) => ({
    measure: `${counts.join(', ')} followers of events ${name}: requests a second at Meshery; its streams; median lag`,
    target: '',
    result: ways
      .map(({ rate, streams, lagMs }) => `${rate.toFixed(1)}; ${streams}; ${Math.round(lagMs)} ms`)
      .join(' / '),
  })
  return [row('with a client each', direct), row('behind one relay to NATS', relayed)]
}

/** What the fake counts while events come at a steady rate. */
async function measured(seconds, follow) {
  const fake = await startFakeMeshery()
  const addedAt = new Map()
  const lags = []
  const stop = await follow(fake, (id) => lags.push(performance.now() - addedAt.get(id)))
  const before = fake.stats.requests.length
  for (let count = 0; count < (seconds * 1000) / everyMs; count++) {
    const { id } = fake.events.add({ description: `event ${count}` })
    addedAt.set(id, performance.now())
    await sleep(everyMs)
  }
  const result = {
    rate: (fake.stats.requests.length - before) / seconds,
    streams: fake.stats.openStreams + fake.stats.operations,
    lagMs: median(lags),
  }
  await stop()
  await fake.close()
  return result
}

async function followDirectly(fake, count, came) {
  const clients = Array.from({ length: count }, () => createMeshery({ url: fake.url, provider: 'None' }))
  const subscriptions = clients.map((client) => client.subscribeEvents())
  const ended = subscriptions.map(async (subscription) => {
    for await (const { id } of subscription) came(id)
  })
  await Promise.all(subscriptions.map(isLive))
  return async () => {
    await Promise.all(clients.map((client) => client.close()))
    await Promise.all(ended)
  }
}

async function isLive(subscription) {
  await subscription.ready
  while (subscription.status.state !== 'live') await sleep(20)
}

async function followRelay(fake, count, came) {
  const folder = mkdtempSync(join(tmpdir(), 'meshery-live-bench-'))
  const port = 14_000 + Math.floor(Math.random() * 10_000)
  const server = spawn('nats-server', ['-js', '-sd', folder, '-a', '127.0.0.1', '-p', String(port)], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env,
  })
  await new Promise((resolve, reject) => {
    server.on('error', reject)
    server.stderr.on('data', (text) => String(text).includes('Server is ready') && resolve())
  })
  const connections = await Promise.all(Array.from({ length: count }, () => connect({ port })))
  for (const connection of connections)
    connection.subscribe('meshery.events.>', { callback: (_, message) => came(message.json().id) })
  await Promise.all(connections.map((connection) => connection.flush()))
  const meshery = createMeshery({ url: fake.url, provider: 'None' })
  const stop = new AbortController()
  let setLive = () => {}
  const live = new Promise((resolve) => {
    setLive = resolve
  })
  const ended = relay(meshery, {
    to: natsSink({ servers: `nats://127.0.0.1:${port}` }),
    cursor: fileCursor(join(folder, 'cursor.json')),
    signal: stop.signal,
    onNotice: ({ kind, state }) => kind === 'status' && state === 'live' && setLive(),
  })
  await live
  return async () => {
    stop.abort()
    await ended
    await meshery.close()
    await Promise.all(connections.map((connection) => connection.close()))
    await new Promise((resolve) => {
      server.once('close', resolve)
      server.kill('SIGKILL')
    })
    rmSync(folder, { recursive: true })
  }
}
