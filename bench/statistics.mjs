export const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

export const worst = (values) => Math.max(...values)

export const pick = (results, unit) => results.map((result) => result[unit])

/** The median over the rounds of a quotient taken within each round, since the machine may change between rounds. */
export const ratio = (above, below) => median(above.map((value, round) => value / below[round]))

/**
 * Runs the tasks one after the other, and all of them again, so that a slow minute affects them alike. Every second round
 * runs backwards, so that none always follows the same one.
 */
export async function interleave(rounds, tasks) {
  const names = Object.keys(tasks)
  const results = Object.fromEntries(names.map((name) => [name, []]))
  for (let round = 0; round < rounds; round++)
    for (const name of round % 2 ? [...names].reverse() : names) results[name].push(await tasks[name]())
  return results
}

export const two = (value) => value.toFixed(2)
export const milliseconds = (value) => `${value.toFixed(value < 10 ? 1 : 0)} ms`
export const seconds = (value) => `${(value / 1000).toFixed(2)} s`
export const thousands = (count) => String(count).replace(/(?=(\d{3})+$)\B/g, ' ')
export const sleep = (delayMs) => new Promise((resolve) => setTimeout(resolve, delayMs))
