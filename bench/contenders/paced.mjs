// Follows one subscription, and reports how long events were under way: from the server's push to the user's code.
import { serveCalls } from '../child.mjs'
import { connect } from './connect.mjs'

let times = []

const event = ({ metadata }) => times.push(Number(process.hrtime.bigint() - BigInt(metadata.note)) / 1e6)
const lost = (number) => {
  throw new Error(`${number} events were dropped`)
}

serveCalls({
  start: ({ who, from }, url) => connect[who](url, { event, lost }, { from }),
  /** What came since the last call: how many, and their times in milliseconds. */
  collect() {
    const sorted = times.sort((a, b) => a - b)
    times = []
    const at = (part) => sorted[Math.floor(sorted.length * part)]
    return { count: sorted.length, p50: at(0.5), p99: at(0.99) }
  },
})
