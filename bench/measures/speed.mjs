import { contend, Helper, startToFirstEvent } from '../child.mjs'
import { interleave, median, milliseconds, ratio, two } from '../statistics.mjs'

/** A flood of `count` events: how fast each takes it in, as a part of what bare `ws` and JSON.parse do. */
async function flood(quick, streams) {
  const server = new Helper('servers/lean.mjs')
  const url = await server.call('open')
  const count = quick ? 50_000 : 200_000
  const task = (who) => () => contend('flood.mjs', { who, url, count, streams })
  const results = await interleave(quick ? 3 : 9, {
    bare: task('bare'),
    meshery: task('meshery'),
    callback: task('callback'),
    iterate: task('iterate'),
  })
  server.dispose()
  const speed = (who, unit) => ratio(pick(results.bare, unit), pick(results[who], unit))
  const said = (who) => `${two(speed(who, 'time'))} (by processor time ${two(speed(who, 'cpu'))})`
  const result = `${said('meshery')}; graphql-ws: callback ${said('callback')}, \`iterate()\` ${said('iterate')}`
  return { speed: speed('meshery', 'time'), result, count }
}

const pick = (results, unit) => results.map((result) => result[unit])

export async function throughput({ quick }) {
  const { speed, result, count } = await flood(quick, 1)
  return [
    {
      measure: `\`subscribe(document)\` by \`for await\`, ${thousands(count)} events: speed, bare \`ws\` + \`JSON.parse\` is 1`,
      target: '>= 0.92',
      result,
      met: speed >= 0.92,
    },
  ]
}

export async function shared({ quick }) {
  const { speed, result, count } = await flood(quick, 100)
  return [
    {
      measure: `the same with ${thousands(count)} events spread over 100 subscriptions on one socket`,
      target: '>= 0.90',
      result,
      met: speed >= 0.9,
    },
  ]
}

export async function latency({ quick }) {
  const server = new Helper('servers/lean.mjs')
  const [warmUp, count] = [10, quick ? 20 : 80]
  // Each has a server's port and a store of its own, and their events take turns: the machine is the same for both.
  const urls = [await server.call('open', { rows: 1_000 }), await server.call('open', { rows: 1_000 })]
  const contenders = ['bare', 'meshery'].map((who, at) =>
    contend('latency.mjs', { who, url: urls[at], count: warmUp + count }),
  )
  for (const url of urls) while ((await server.call('subscribers', url)) === 0) await sleep(20)
  // A channel's opening is followed by a second look at the store, which is not to be met; nor is the reader's pace of
  // two reads a second.
  await sleep(3_000)
  for (let event = 0; event < warmUp + count; event++)
    for (const url of urls) {
      await server.call('emit', url)
      await sleep(300)
    }
  const [bare, meshery] = (await Promise.all(contenders)).map((times) => median(times.slice(warmUp)))
  server.dispose()
  return [
    {
      measure: `\`subscribeEvents\`, from the push to the user's code, median of ${count}: one bare frame and one bare \`fetch\` of a page is 1`,
      target: '<= 1.30',
      result: `${two(meshery / bare)} (${milliseconds(meshery)} against ${milliseconds(bare)})`,
      met: meshery / bare <= 1.3,
    },
  ]
}

export async function catchUp({ quick }) {
  const server = new Helper('servers/lean.mjs')
  const count = quick ? 30_000 : 100_000
  const url = await server.call('open', { rows: count })
  const task = (who) => () => contend('catch-up.mjs', { who, url, count })
  const results = await interleave(quick ? 3 : 7, { bare: task('bare'), meshery: task('meshery') })
  const { heaps } = await contend('catch-up.mjs', { who: 'meshery', url, count }, ['--expose-gc'])
  server.dispose()
  const speed = ratio(pick(results.bare, 'time'), pick(results.meshery, 'time'))
  const cpu = two(ratio(pick(results.bare, 'cpu'), pick(results.meshery, 'cpu')))
  const growth = (Math.max(...heaps.slice(1)) - heaps[0]) / 2 ** 20
  return [
    {
      measure: `catching up ${thousands(count)} stored events by \`since\`: speed, a bare loop of \`fetch\` + \`JSON.parse\` is 1`,
      target: '>= 0.80',
      result: `${two(speed)} (by processor time ${cpu})`,
      met: speed >= 0.8,
    },
    {
      measure: `the heap meanwhile, from the 10 000th event to its highest until the ${thousands(count)}th, after a collection`,
      target: 'some pages (<= 3 MB)',
      result: `${growth < 0 ? '' : '+'}${growth.toFixed(1)} MB (the events are ${Math.round((count * 700) / 1e6)} MB of JSON)`,
      met: growth <= 3,
    },
  ]
}

export async function start({ quick }) {
  const server = new Helper('servers/lean.mjs')
  const url = await server.call('open', { rows: 100, pushes: true })
  const task = (who) => () => startToFirstEvent('start.mjs', { who, url })
  const results = await interleave(quick ? 7 : 25, {
    bare: task('bare'),
    document: task('document'),
    callback: task('callback'),
    bareEvents: task('bareEvents'),
    events: task('events'),
  })
  server.dispose()
  const document = ratio(results.document, results.bare)
  const times = (who) => milliseconds(median(results[who]))
  return [
    {
      measure: 'a fresh process to its first event, `subscribe(document)`: bare `ws` is 1',
      target: '<= 1.20',
      result: `${two(document)} (${times('document')} against ${times('bare')}; graphql-ws's client ${two(ratio(results.callback, results.bare))})`,
      met: document <= 1.2,
    },
    {
      measure: 'the same with `subscribeEvents`: a bare `fetch` of a page, bare `ws` and one more `fetch` is 1',
      target: '',
      result: `${two(ratio(results.events, results.bareEvents))} (${times('events')} against ${times('bareEvents')})`,
    },
  ]
}

export async function heap({ quick }) {
  const server = new Helper('servers/lean.mjs')
  const url = await server.call('open', { rows: 100 })
  const count = quick ? 500 : 2_000
  const task = (who) => () => contend('heap.mjs', { who, url, count }, ['--expose-gc'])
  const results = await interleave(quick ? 1 : 3, {
    events: task('events'),
    filtered: task('filtered'),
    document: task('document'),
    callback: task('callback'),
  })
  server.dispose()
  const kilobytes = (who) => median(results[who]) / 1000
  return [
    {
      measure: 'heap of a further `subscribeEvents` of one client, its reader waiting',
      target: '<= 3.0 kB',
      result: `${kilobytes('events').toFixed(1)} kB (with a filter ${kilobytes('filtered').toFixed(1)} kB)`,
      met: kilobytes('events') <= 3,
    },
    {
      measure: 'heap of a further `subscribe(document)` on one socket, its reader waiting',
      target: '',
      result: `${kilobytes('document').toFixed(1)} kB (graphql-ws's own subscription, without a reader, ${kilobytes('callback').toFixed(1)} kB)`,
    },
  ]
}

const thousands = (count) => String(count).replace(/(?=(\d{3})+$)\B/g, ' ')

const sleep = (time) => new Promise((resolve) => setTimeout(resolve, time))
