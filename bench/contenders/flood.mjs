// Receives `count` events of `streams` subscriptions on one socket, and measures all but the first fifth of them: those are
// for the compiler.
import { connect, fail } from './connect.mjs'

const { who, from, url, count, streams, resources } = JSON.parse(process.argv[2])

let received = 0
let dropped = 0
let startedAt
let cpu

function event({ id }) {
  if (received === Math.floor(count / 5)) {
    startedAt = process.hrtime.bigint()
    cpu = process.cpuUsage()
  }
  if (id === undefined) throw new Error('no event')
  if (++received === count) report()
}

function lost(number) {
  dropped += number
}

function report() {
  clearTimeout(late)
  const time = Number(process.hrtime.bigint() - startedAt) / 1e6
  const { user, system } = process.cpuUsage(cpu)
  process.send({ time, cpu: (user + system) / 1000 }, () => process.exit(0))
}

const late = setTimeout(() => fail(`only ${received} of ${count} came, ${dropped} were dropped`), 60_000)
await connect[who](url, { event, lost }, { variables: { count, streams, resources }, streams, from })
