import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMeshery } from 'meshery-live'
import { fileCursor, natsSink, relay } from 'meshery-live/relay'
import { startFakeMeshery } from 'meshery-live/testing'
import { Helper } from '../child.mjs'
import { sleep } from '../statistics.mjs'

const everyMs = 250
/** How many followers share a process. */
const mostInProcess = 250
/** How long events may take to come after the last one was made, in milliseconds. */
const arrivalMs = 10_000
/** Debian installs `nats-server` where only root looks. */
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` }

/** How much followers cost Meshery, each with a client of its own, and all of them behind one relay. */
export async function relayLoad({ quick }) {
  if (spawnSync('nats-server', ['--version'], { env }).status !== 0)
    return [{ measure: 'followers behind one relay', target: '', result: 'not measured: `nats-server` is not here' }]
  const counts = quick ? [1, 10] : [1, 10, 100, 1_000]
  const seconds = quick ? 5 : 15
  const direct = []
  const relayed = []
  for (const count of counts) {
    direct.push(await measured(seconds, count, ({ url }) => ({ target: { url }, stop: async () => {} })))
    relayed.push(await measured(seconds, count, followedByRelay))
  }
  const row = (name, ways) => ({
    measure: `${counts.join(', ')} followers of events ${name}: requests a second at Meshery; its streams; lag at p50 and p99; events that came`,
    target: '',
    result: ways
      .map(({ rate, streams, p50, p99, share }) => `${rate.toFixed(1)}; ${streams}; ${p50} and ${p99} ms; ${share}`)
      .join(' / '),
  })
  return [row('with a client each', direct), row('behind one relay, from NATS', relayed)]
}

/** What the fake counts, and how late events come, while they are made at a steady rate. */
async function measured(seconds, count, begin) {
  const fake = await startFakeMeshery()
  const { target, stop } = await begin(fake)
  const helpers = await startFollowers(count, target)
  const before = fake.stats.requests.length
  const made = (seconds * 1000) / everyMs
  for (let number = 0; number < made; number++) {
    fake.events.add({ description: `event at ${Date.now()}` })
    await sleep(everyMs)
  }
  const rate = (fake.stats.requests.length - before) / seconds
  const streams = fake.stats.openStreams + fake.stats.operations
  const lagsMs = await lagsOf(helpers, count * made)
  for (const helper of helpers) helper.kill()
  await stop()
  await fake.close()
  const share = `${((100 * lagsMs.length) / (count * made)).toFixed(1)} %`
  return { rate, streams, p50: atShare(lagsMs, 0.5), p99: atShare(lagsMs, 0.99), share }
}

async function startFollowers(count, target) {
  const helpers = []
  for (let left = count; left > 0; left -= mostInProcess) {
    const helper = new Helper('contenders/followers.mjs')
    helpers.push(helper)
    await helper.call('start', Math.min(left, mostInProcess), target)
  }
  return helpers
}

async function lagsOf(helpers, wanted) {
  const lagsMs = []
  for (const until = Date.now() + arrivalMs; lagsMs.length < wanted && Date.now() < until; await sleep(200))
    for (const helper of helpers) lagsMs.push(...(await helper.call('lagsMs')))
  return lagsMs.sort((a, b) => a - b)
}

const atShare = (sorted, share) => sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN

/** A relay from the fake to a NATS server of its own. */
async function followedByRelay({ url, events }) {
  const folder = mkdtempSync(join(tmpdir(), 'meshery-live-bench-'))
  const { natsUrl, kill } = await startNats(folder)
  const meshery = createMeshery({ url, provider: 'None' })
  const stop = new AbortController()
  let setSent = () => {}
  const sent = new Promise((resolve) => {
    setSent = resolve
  })
  const ended = relay(meshery, {
    to: natsSink({ servers: natsUrl }),
    cursor: fileCursor(join(folder, 'cursor.json')),
    signal: stop.signal,
    onNotice({ kind, state }) {
      if (kind === 'sent') setSent()
      // The stream is made with the first event.
      if (kind === 'status' && state === 'live') events.add({ description: `event at ${Date.now()}` })
    },
  })
  await sent
  return {
    target: { url, natsUrl },
    async stop() {
      stop.abort()
      await ended
      await meshery.close()
      await kill()
      rmSync(folder, { recursive: true })
    },
  }
}

async function startNats(folder) {
  const port = 14_000 + Math.floor(Math.random() * 10_000)
  const server = spawn('nats-server', ['-js', '-sd', folder, '-a', '127.0.0.1', '-p', String(port)], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env,
  })
  await new Promise((resolve, reject) => {
    server.on('error', reject)
    server.stderr.on('data', (text) => String(text).includes('Server is ready') && resolve())
  })
  return {
    natsUrl: `nats://127.0.0.1:${port}`,
    kill: () =>
      new Promise((resolve) => {
        server.once('close', resolve)
        server.kill('SIGKILL')
      }),
  }
}
