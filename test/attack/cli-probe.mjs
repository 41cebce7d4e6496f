// Preloaded into the command line: reports the lag and the memory of the process when it ends.
import { LagMeter } from './measures.mjs'

const { channel } = process
channel?.unref()
const timerOwner = setInterval
globalThis.setInterval = (...given) => timerOwner(...given).unref()
const lag = new LagMeter()
globalThis.setInterval = timerOwner
process.send?.({ started: true })
process.on('exit', () => process.send?.({ ...lag.stop(), rss: process.resourceUsage().maxRSS / 1024 }))
