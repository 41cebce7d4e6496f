import { contend, Helper, startToFirstEvent } from '../child.mjs'
import { interleave, median, milliseconds, ratio, two } from '../statistics.mjs'

export async function start({ quick, against }) {
  const server = new Helper('servers/lean.mjs')
  const url = await server.call('open', { rows: 100, pushes: true })
  const task = (who, from) => () => startToFirstEvent('start.mjs', { who, from, url })
  const results = await interleave(quick ? 7 : 15, {
    bare: task('bare'),
    document: task('document'),
    callback: task('callback'),
    bareEvents: task('bareEvents'),
    events: task('events'),
    ...(against && { against: task('document', against) }),
  })
  server.dispose()
  const old = against ? `; ${against}: ${two(ratio(results.against, results.bare))}` : ''
  const document = ratio(results.document, results.bare)
  const times = (who) => milliseconds(median(results[who]))
  return [
    {
      measure: 'a fresh process to its first event, `subscribe(document)`: bare `ws` is 1',
      target: '<= 1.20',
      result: `${two(document)} (${times('document')} against ${times('bare')}; graphql-ws's client ${two(ratio(results.callback, results.bare))})${old}`,
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
  const results = await interleave(quick ? 1 : 2, {
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
