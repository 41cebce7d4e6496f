export const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

export const worst = (values) => Math.max(...values)

/** The median over the rounds of a quotient taken within each round, since the machine may change between rounds. */
export const ratio = (above, below) => median(above.map((value, round) => value / below[round]))

/** Runs the tasks one after the other, and all of them again, so that a slow minute affects them alike. */
export async function interleave(rounds, tasks) {
  const results = Object.fromEntries(Object.keys(tasks).map((name) => [name, []]))
  for (let round = 0; round < rounds; round++)
    for (const [name, task] of Object.entries(tasks)) results[name].push(await task())
  return results
}

export const two = (value) => value.toFixed(2)
export const milliseconds = (value) => `${value.toFixed(value < 10 ? 1 : 0)} ms`
export const seconds = (value) => `${(value / 1000).toFixed(2)} s`
