// The package's own fake Meshery, several of them, for the measures whose unit is the second.
import { startFakeMeshery } from '../../dist/testing/index.js'
import { serveCalls } from '../child.mjs'

const fakes = []
let traffic

serveCalls({
  async start(releases) {
    for (const release of releases) fakes.push(await startFakeMeshery({ release }))
    return fakes.map((fake) => fake.url)
  },
  /** From now on each fake gets an event every so many milliseconds; 0 ends it. */
  traffic(every) {
    clearInterval(traffic)
    if (every > 0) {
      traffic = setInterval(() => {
        for (const fake of fakes) fake.events.add()
      }, every)
    }
  },
  cut: () => all((fake) => fake.faults.cut()),
  freeze: () => all((fake) => fake.faults.freeze()),
  thaw: () => all((fake) => fake.faults.thaw()),
  stop: () => all((fake) => fake.stop()),
  back: () => all((fake) => fake.start()),
  /** What is stored, by its description: an event that is delivered as pushed has no id. */
  rows: () => fakes.map((fake) => fake.events.rows.map((row) => row.description)),
  /** How many requests each has received since the last call. */
  requests: () =>
    fakes.map((fake) => {
      const { length } = fake.stats.requests
      fake.stats.reset()
      return length
    }),
})

/** Does it to all, and returns when it was done. */
async function all(act) {
  await Promise.all(fakes.map(act))
  return Date.now()
}
