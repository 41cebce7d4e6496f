import { contend, Helper } from '../child.mjs'
import { median, milliseconds, pick, ratio, sleep, thousands, two } from '../statistics.mjs'

export async function latency({ quick }) {
  const server = new Helper('servers/lean.mjs')
  const [warmUp, count] = [6, quick ? 15 : 30]
  // Each has a server's port and a store of its own, and their events alternate: the machine is the same for both.
  const urls = [await server.call('open', { rows: 1_000 }), await server.call('open', { rows: 1_000 })]
  const contenders = ['bare', 'meshery'].map((who, at) =>
    contend('latency.mjs', { who, url: urls[at], count: warmUp + count }),
  )
  for (const url of urls) while ((await server.call('subscribers', url)) === 0) await sleep(20)
  // A second look at the store follows the opening of a channel. The measure avoids it, and the reader's limit of two
  // reads a second.
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

const pace = { rate: 2_000, burst: 10 }
/** For the compiler: until the code of the slowest contender has been compiled, each compilation delays some events by a millisecond or two. */
const warmUp = { rate: 8_000, burst: 10, ms: 5_000 }

/**
 * From the server's push to the user's code at 2 000 events a second, in pieces of ten. All contenders run at the same time
 * and get their pieces in turn, so that what else the machine does affects them alike.
 */
export async function paced({ quick, against }) {
  const contenders = {
    bare: { who: 'bare' },
    document: { who: 'document' },
    callback: { who: 'callback' },
    ...(against && { against: { who: 'document', from: against } }),
  }
  const empty = () => Object.fromEntries(Object.keys(contenders).map((name) => [name, []]))
  const early = empty()
  const results = empty()
  // Processes differ, too: how code was compiled and where memory lies.
  for (let set = 0; set < (quick ? 2 : 4); set++) await pacedSet(contenders, { early, results }, quick ? 2 : 4)
  const against1 = (name, part, of = results) => ratio(pick(of[name], part), pick(of.bare, part))
  const p99 = (name) => `${two(against1(name, 'p99'))}${against ? ` (p50 ${two(against1(name, 'p50'))})` : ''}`
  const times = (name) => milliseconds(median(pick(results[name], 'p99')))
  const ours = against1('document', 'p99')
  const own = `${two(ours)} (${times('document')} against ${times('bare')}; p50 ${two(against1('document', 'p50'))})`
  const soon = `soon after the start ${two(against1('document', 'p99', early))} and ${two(against1('callback', 'p99', early))}`
  return [
    {
      measure: `\`subscribe(document)\` at ${thousands(pace.rate)} events a second, from the push to the user's code, p99: bare \`ws\` is 1`,
      target: '<= 1.50',
      result: `${own}; graphql-ws ${p99('callback')}${against ? `; ${against}: ${p99('against')}` : ''}; ${soon}`,
      met: ours <= 1.5,
    },
  ]
}

/** Fresh processes, and some rounds with them. */
async function pacedSet(contenders, { early, results }, rounds) {
  const server = new Helper('servers/lean.mjs')
  const followers = {}
  const urls = []
  for (const [name, contender] of Object.entries(contenders)) {
    const url = await server.call('open')
    followers[name] = new Helper('contenders/paced.mjs')
    await followers[name].call('start', contender, url)
    while ((await server.call('subscribers', url)) === 0) await sleep(20)
    urls.push(url)
  }
  const round = async (how, into) => {
    await server.call('drip', urls, how)
    await sleep(100)
    for (const [name, follower] of Object.entries(followers)) {
      const result = await follower.call('collect')
      into?.[name].push(result)
    }
  }
  await round({ ...pace, ms: 1_000 })
  await round({ ...pace, ms: 1_500 }, early)
  await round(warmUp)
  for (let number = 0; number < rounds; number++) await round({ ...pace, ms: 1_500 }, results)
  for (const follower of Object.values(followers)) follower.kill()
  server.dispose()
}
