import { Helper } from '../child.mjs'
import { median, seconds, sleep, worst } from '../statistics.mjs'

/** The fakes of these releases in one process, and in another one a client of each, following its events. */
async function follow(releases, every, options) {
  const servers = new Helper('servers/fakes.mjs')
  const clients = new Helper('contenders/follow.mjs')
  await clients.call('follow', await servers.call('start', releases), options)
  await servers.call('traffic', every)
  // Past the second look that follows the opening of a channel.
  await sleep(4_000)
  return {
    servers,
    report: () => clients.call('report'),
    /** Ends the traffic; returns how many events were stored and never came, came twice, or came out of order. */
    async losses() {
      await servers.call('traffic', 0)
      const stored = await servers.call('rows')
      let report
      for (let tries = 0; tries < 150; tries++) {
        await sleep(200)
        report = await clients.call('report')
        if (report.every(({ deliveries }, at) => deliveries.length >= stored[at].length)) break
      }
      // Long enough for duplicates to come.
      await sleep(2_500)
      report = await clients.call('report')
      return report
        .map(({ deliveries }, at) => {
          const came = deliveries.map(({ description }) => description)
          const unique = new Set(came)
          const missing = stored[at].filter((description) => !unique.has(description)).length
          const disorder = came.join() === stored[at].join() ? 0 : 1
          return { missing, double: came.length - unique.size, disorder, stored: stored[at].length }
        })
        .reduce((sum, one) => ({
          missing: sum.missing + one.missing,
          double: sum.double + one.double,
          disorder: sum.disorder + one.disorder,
          stored: sum.stored + one.stored,
        }))
    },
    dispose() {
      clients.dispose()
      servers.dispose()
    },
  }
}

const lines = { 'v0.8': 'WebSocket (v0.8)', current: 'SSE (current)' }

const lossText = ({ missing, double, disorder, stored }) =>
  missing + double + disorder === 0
    ? `; all ${stored} events came, once and in order`
    : `; of ${stored} events ${missing} lost, ${double} doubled, ${disorder} streams out of order`

const whole = ({ missing, double, disorder }) => missing + double + disorder === 0

/** One row of the table for each line. */
async function perLine(run) {
  const rows = []
  for (const release of Object.keys(lines)) rows.push(await run(release, lines[release]))
  return rows
}

export function cut({ quick }) {
  return perLine(async (release, line) => {
    const [clients, cuts] = quick ? [4, 1] : [5, 4]
    const { servers, report, losses, dispose } = await follow(Array(clients).fill(release), 50)
    const times = []
    for (let time = 0; time < cuts; time++) {
      const at = await servers.call('cut')
      await sleep(3_000)
      // The first event that was made after the cut.
      for (const { deliveries } of await report())
        times.push((deliveries.find(({ createdAt }) => createdAt > at)?.at ?? Infinity) - at)
    }
    const lost = await losses()
    dispose()
    return {
      measure: `${line}: from a cut to the next event, 20 events a second, median of ${times.length}`,
      target: '<= 0.50 s, nothing lost',
      result: `${seconds(median(times))} (worst ${seconds(worst(times))})${lossText(lost)}`,
      met: median(times) <= 500 && whole(lost),
    }
  })
}

async function awayFrom(release, line, quick) {
  const clients = quick ? 4 : 20
  const { servers, report, losses, dispose } = await follow(Array(clients).fill(release), 500)
  await servers.call('stop')
  await sleep(5_000)
  const at = await servers.call('back')
  await sleep(4_000)
  const times = (await report()).map(
    ({ deliveries }) => (deliveries.find((delivery) => delivery.at >= at)?.at ?? Infinity) - at,
  )
  const lost = await losses()
  dispose()
  return {
    measure: `${line}: server away for 5 s, from its return to the first event, median of ${clients}`,
    target: '<= 2.00 s, nothing lost',
    result: `${seconds(median(times))} (worst ${seconds(worst(times))})${lossText(lost)}`,
    met: median(times) <= 2_000 && whole(lost),
  }
}

export const away = ({ quick }) => perLine((release, line) => awayFrom(release, line, quick))

async function frozenServer(release, line, quick) {
  const clients = quick ? 4 : 20
  // SSE's silence is 45 s by default, three of the server's comments.
  const waitMs = release === 'current' ? 52_000 : 33_000
  const { servers, report, losses, dispose } = await follow(Array(clients).fill(release), 500)
  const at = await servers.call('freeze')
  await sleep(waitMs)
  const times = (await report()).map(
    ({ states }) => (states.find((state) => state.at > at && state.state !== 'live')?.at ?? Infinity) - at,
  )
  await servers.call('thaw')
  const lost = await losses()
  dispose()
  return {
    measure: `${line}: from a server's freezing to the notice of it, median of ${clients}`,
    target: release === 'current' ? 'by default 45 s, nothing lost' : '<= 30 s, nothing lost',
    result: `${seconds(median(times))} (worst ${seconds(worst(times))})${lossText(lost)}`,
    met: worst(times) <= (release === 'current' ? 46_000 : 30_000) && whole(lost),
  }
}

export const frozen = async ({ quick }) =>
  Promise.all(Object.entries(lines).map(([release, line]) => frozenServer(release, line, quick)))

export async function rest({ quick }) {
  const watched = quick ? 61_000 : 180_000
  const [live, polled] = await Promise.all([
    requestsAtRest(['v0.8', 'current'], watched),
    requestsAtRest(['current'], watched, { transports: ['polling'] }),
  ])
  const row = (line, count, target) => {
    const hourly = Math.round((count / watched) * 3_600_000)
    return {
      measure: `${line}: requests an hour at rest (${watched / 1000} s were watched, and reckoned up to an hour)`,
      target: target ?? '',
      result: `${hourly} (${count} seen)`,
      ...(target && { met: hourly <= 70 }),
    }
  }
  return [
    row(lines['v0.8'], live[0], '<= 70'),
    row(lines.current, live[1], '<= 70'),
    row('polling alone, as set by default', polled[0]),
  ]
}

async function requestsAtRest(releases, watched, options) {
  const { servers, dispose } = await follow(releases, 0, options)
  // After the start: the second look, and polling's shorter intervals.
  await sleep(30_000)
  await servers.call('requests')
  await sleep(watched)
  const seen = await servers.call('requests')
  dispose()
  return seen
}
