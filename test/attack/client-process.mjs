// Runs attacks against the built client, one after the other, and measures itself.
import { attacks } from './attacks/index.mjs'
import { ClientContext, sleep } from './client-context.mjs'
import { LagMeter, MemoryMeter } from './measures.mjs'

let unhandled = []
process.on('unhandledRejection', (error) => unhandled.push(`rejection: ${error?.stack ?? error}`.slice(0, 600)))
process.on('uncaughtException', (error) => unhandled.push(`exception: ${error?.stack ?? error}`.slice(0, 600)))

const watched = [Object.prototype, Array.prototype, Function.prototype, String.prototype, Map.prototype]
const shapeOf = () => watched.map((one) => Reflect.ownKeys(one).map(String).join()).join('|')
const pristine = shapeOf()

/** What keeps the process running, besides its parent. */
const holders = () => process.getActiveResourcesInfo().filter((name) => /Timeout|TCP|TLS|Socket/.test(name))

/** The part of a long list of numbers that is judged. */
function summaryOf(numbers) {
  const seen = new Set()
  let [doubles, inversions, highest] = [0, 0, -1]
  for (const number of numbers) {
    if (number < 0) continue
    if (seen.has(number)) doubles++
    else if (number < highest) inversions++
    seen.add(number)
    highest = Math.max(highest, number)
  }
  const missing = []
  for (let number = 0; number <= highest && missing.length < 5; number++) if (!seen.has(number)) missing.push(number)
  return { unique: seen.size, doubles, inversions, missing, count: numbers.length }
}

async function run({ name, url, foreignUrl }) {
  const attack = attacks.find((one) => one.name === name)
  const context = new ClientContext({ url, foreignUrl })
  const before = holders().length
  unhandled = []
  const memory = new MemoryMeter()
  const lag = new LagMeter()
  const began = performance.now()
  let late = false
  let thrown
  const work = (async () => {
    try {
      await attack.client(context)
    } catch (error) {
      thrown = String(error?.stack ?? error).slice(0, 800)
    }
  })()
  let timer
  await Promise.race([
    work,
    new Promise((resolve) => {
      timer = setTimeout(() => {
        late = true
        resolve()
      }, attack.seconds * 1_000)
    }),
  ])
  clearTimeout(timer)
  const closeMs = await context.close()
  const lags = lag.stop()
  const rss = memory.stop()
  let held = []
  for (let turns = 0; turns < 20; turns++) {
    held = holders()
    if (held.length <= before) break
    await sleep(50)
  }
  await sleep(20)
  const { record } = context
  return {
    name,
    ...record,
    numbers: summaryOf(record.numbers),
    ms: record.ms ?? performance.now() - began,
    cli: context.cliResult,
    facts: context.facts,
    late,
    thrown,
    closeMs,
    ...lags,
    rss,
    unhandled,
    polluted: shapeOf() !== pristine,
    leaks: context.leaks(),
    held: held.length > before ? held.slice(0, 6) : [],
  }
}

process.on('message', async (task) => {
  if (task.end) return process.disconnect()
  const result = await run(task)
  process.send({ result })
})
process.send({ ready: true })
