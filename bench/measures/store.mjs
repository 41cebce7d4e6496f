import { contend, Helper } from '../child.mjs'
import { interleave, pick, ratio, thousands, two } from '../statistics.mjs'

export async function catchUp({ quick }) {
  const server = new Helper('servers/lean.mjs')
  const count = quick ? 30_000 : 100_000
  const url = await server.call('open', { rows: count })
  const task = (who) => () => contend('catch-up.mjs', { who, url, count })
  const results = await interleave(quick ? 3 : 5, { bare: task('bare'), meshery: task('meshery') })
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
