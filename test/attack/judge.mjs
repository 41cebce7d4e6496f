// The bounds that hold in every attack, and the verdict on one.

/** The bounds of an attack unless it has its own. */
export const bounds = {
  /** Peak memory of the process, in MiB. */
  rss: 256,
  /** Lag of a timer at p99 by the work of the process, in milliseconds; and the longest block of any kind. */
  lagP99: 250,
  blockMs: 2_000,
  /** Requests and dials a second, once the first ones are over. */
  requestsPerS: 5,
  firstRequests: 25,
  dialsPerS: 2.5,
  firstDials: 6,
  /** How long closing may take: `timeouts.close` and a second. */
  closeMs: 1_300,
}

/** How many a second come after the first ones. */
const rateOf = (times, first, elapsed) => {
  const rest = times.length - first
  const began = times[first - 1] ?? 0
  return rest <= 0 ? 0 : rest / Math.max(1, (elapsed - began) / 1_000)
}

/** How the process of the attack ended before it had an outcome; undefined when it did not. */
const endOf = ({ hung, died }) => {
  if (hung) return 'the process did not answer and was killed'
  return died === undefined ? undefined : `the process died: ${died}`
}

/** The problems with the outcome of an attack. */
export function judge(attack, result, server, noise) {
  const bound = { ...bounds, ...attack.bounds }
  const problems = []
  const most = (name, value, limit, unit = '') => {
    if (!(value <= limit)) problems.push(`${name} ${format(value)}${unit}, at most ${format(limit)}${unit}`)
  }
  const end = endOf(result)
  if (end !== undefined) return [end]
  if (result.thrown) problems.push(`the attack failed: ${result.thrown}`)
  if (result.late) problems.push(`no outcome in ${attack.seconds} s`)
  most('close()', result.closeMs, bound.closeMs + noise.lagMax, ' ms')
  if (!result.cli) {
    most('lag p99', result.lagP99, bound.lagP99, ' ms')
    most('a block', result.lagMax, bound.blockMs + 3 * noise.lagMax, ' ms')
    most('RSS', result.rss, bound.rss, ' MiB')
  }
  most('requests/s', rateOf(server.requests, bound.firstRequests, server.elapsed), bound.requestsPerS)
  most('dials/s', rateOf(server.dials, bound.firstDials, server.elapsed), bound.dialsPerS)
  if (result.unhandled.length > 0) problems.push(`unhandled ${result.unhandled[0]}`)
  if (result.foreignErrors.length > 0) problems.push(`not a MesheryError: ${result.foreignErrors[0]}`)
  if (result.polluted) problems.push('a prototype was changed')
  if (result.leaks.length > 0) problems.push(`shows secrets: ${result.leaks.join(', ')}`)
  if (server.foreign > 0) problems.push(`${server.foreign} requests to another origin`)
  if (result.held.length > 0) problems.push(`keeps the process running: ${result.held.join(', ')}`)
  if (result.exitMs > 1_000 + noise.lagMax) problems.push(`exits ${Math.round(result.exitMs)} ms after close()`)
  if (result.cli) problems.push(...judgeCli(result.cli, bound, noise))
  for (const expect of attack.expect ?? []) problems.push(...[expect(result, server) ?? []].flat())
  return problems
}

function judgeCli({ killed, interruptMs, measures, stderr }, bound, noise) {
  const problems = []
  if (killed) problems.push('the command did not end and was killed')
  if (interruptMs > 1_000 + noise.lagMax) problems.push(`SIGINT obeyed after ${Math.round(interruptMs)} ms`)
  if (measures?.rss > bound.rss) problems.push(`RSS of the command ${Math.round(measures.rss)} MiB`)
  if (/at .*\.js:\d+:\d+|TypeError|RangeError|ReferenceError/.test(stderr))
    problems.push(`the command crashed: ${stderr.slice(-300)}`)
  return problems
}

export const format = (value) => (Number.isFinite(value) ? String(Math.round(value * 10) / 10) : String(value))

/** One line on what the client did. */
export function outcomeOf(result, server) {
  if (result.hung) return 'killed'
  if (result.died !== undefined) return 'died'
  if (result.cli) return `exit ${result.cli.code ?? result.cli.signal}`
  const { numbers, items, lost, error, last } = result
  const parts = []
  if (items > 0 || server?.total > 0) parts.push(`${numbers?.unique || items} of ${server?.total || items}`)
  if (lost > 0) parts.push(`${lost} reported lost`)
  if (numbers?.doubles > 0) parts.push(`${numbers.doubles} doubled`)
  if (error) parts.push(`ends: ${error.code}`)
  else if (last) parts.push(last)
  return parts.join(', ') || 'nothing'
}

// --- Further expectations of an attack.

/** Everything that was stored or pushed was delivered or is reported as lost, by number. */
export const losesNothing = (result, server) => {
  const { unique, missing } = result.numbers
  if (unique + result.lost === server.total) return []
  return `${unique} delivered + ${result.lost} reported lost, of ${server.total}${missing.length > 0 ? ` (missing ${missing.join(', ')}, ...)` : ''}`
}

export const doublesNothing = ({ numbers }) => (numbers.doubles > 0 ? `${numbers.doubles} doubled` : [])

/** In the order of the store and with its ids. */
export const keepsOrder = ({ numbers, nullIds }) => [
  ...(numbers.inversions > 0 ? [`${numbers.inversions} out of order`] : []),
  ...(nullIds > 0 ? [`${nullIds} with \`id: null\``] : []),
]

/** It ends with one of these codes. */
export const endsWith =
  (...codes) =>
  ({ error, states }) =>
    codes.includes(error?.code)
      ? []
      : `ends with ${error?.code ?? 'nothing'}, not ${codes.join(' or ')} (${states.slice(-3).join(' > ')})`

/** A status, a gap or the end names one of these codes. */
export const reports =
  (...codes) =>
  (result) =>
    codes.some((code) => result.codes.includes(code))
      ? []
      : `reports ${result.codes.join(', ') || 'nothing'}, not ${codes.join(' or ')}`

/** It neither reports nor ends with any of these. */
export const neverReports =
  (...codes) =>
  (result) => {
    const found = codes.filter((code) => result.codes.includes(code))
    return found.length > 0 ? `reports ${found.join(', ')}` : []
  }

/** It continues: it has not ended. */
export const goesOn = ({ error }) => (error ? `ended with ${error.code}: ${error.message}` : [])

/** Either everything is delivered, or the client reports a problem. */
export const deliversOrReports = (result, server) => {
  if (result.error || result.codes.length > 0 || result.lost > 0) return []
  if (result.gaps.some(({ complete }) => !complete)) return []
  return losesNothing(result, server)
}

export const within =
  (limitMs, what = 'outcome') =>
  ({ ms }) =>
    ms <= limitMs ? [] : `${what} after ${Math.round(ms)} ms, at most ${limitMs}`
