import { contend, Helper } from '../child.mjs'
import { interleave, pick, ratio, thousands, two } from '../statistics.mjs'

/**
 * A flood of `count` events: the speed of each contender, relative to bare `ws` and JSON.parse. It is events by processor
 * time, since the clock also shows what else the machine does.
 */
async function flood({ quick, against }, { count, streams = 1, resources = 0 }) {
  const server = new Helper('servers/lean.mjs')
  const url = await server.call('open')
  const task = (who, from) => () => contend('flood.mjs', { who, from, url, count, streams, resources })
  const results = await interleave(quick ? 3 : 5, {
    bare: task('bare'),
    document: task('document'),
    callback: task('callback'),
    iterate: task('iterate'),
    ...(against && { against: task('document', against) }),
  })
  server.dispose()
  const speed = (who, unit) => ratio(pick(results.bare, unit), pick(results[who], unit))
  const said = (who) => `${two(speed(who, 'cpu'))} (by the clock ${two(speed(who, 'time'))})`
  const others = `graphql-ws: callback ${said('callback')}, \`iterate()\` ${said('iterate')}`
  const result = `${said('document')}; ${others}${against ? `; ${against}: ${said('against')}` : ''}`
  return { speed: speed('document', 'cpu'), result, count: thousands(count) }
}

const countOf = ({ quick }) => (quick ? 50_000 : 100_000)

export async function throughput(options) {
  const { speed, result, count } = await flood(options, { count: countOf(options) })
  return [
    {
      measure: `\`subscribe(document)\` by \`for await\`, ${count} events: speed by processor time, bare \`ws\` + \`JSON.parse\` is 1`,
      target: '>= 0.92',
      result,
      met: speed >= 0.92,
    },
  ]
}

export async function shared(options) {
  const { speed, result, count } = await flood(options, { count: countOf(options), streams: 100 })
  return [
    {
      measure: `the same with ${count} events spread over 100 subscriptions on one socket`,
      target: '>= 0.90',
      result,
      met: speed >= 0.9,
    },
  ]
}

export async function large(options) {
  const { speed, result, count } = await flood(options, { count: options.quick ? 5_000 : 10_000, resources: 60 })
  return [
    {
      measure: `the same with ${count} events of 10 kB on one subscription`,
      target: '>= 0.90',
      result,
      met: speed >= 0.9,
    },
  ]
}
