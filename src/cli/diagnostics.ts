import { MesheryError, type Notice } from '../index.ts'
import { type About, teller, withCode } from './notice-text.ts'
import { remedyOf } from './remedies.ts'
import { type Look, oneLine, paint } from './text.ts'

/** Writes a line to stderr, without what a peer's text could do to a terminal. */
export const say = (text: string, look?: Look): void => {
  process.stderr.write(
    `${paint('dim', 'meshery-live:', process.stderr)} ${paint(look, oneLine(text), process.stderr)}\n`,
  )
}

/** Says what went wrong and what to do about it. `verbose` adds what caused it. */
export const sayError = (error: unknown, verbose = false, remedy?: string): void => {
  if (!(error instanceof MesheryError)) {
    say(oneLine(error instanceof Error ? error.message : String(error)), 'red')
    return
  }
  say(withCode(error), 'red')
  process.stderr.write(`  ${oneLine(remedy ?? remedyOf(error))}\n`)
  if (!verbose) return
  process.stderr.write(`  phase: ${error.phase}\n`)
  for (let cause = error.cause; cause instanceof Error; cause = cause.cause) {
    process.stderr.write(`  because: ${oneLine(cause.message)}\n`)
  }
}

/**
 * Hears notices and says them, unless stderr goes to a file or a pipe and `verbose` is not set: then only that something
 * may be missing is said, and that ids are not known.
 * @param aside Lets a line be written where something else stands on the terminal.
 */
export const noticeListener = (
  verbose: boolean,
  about: About,
  aside: (write: () => void) => void = (write) => write(),
): ((notice: Notice) => void) => {
  const tell = teller((text, look) => aside(() => say(text, look)), about)
  return (notice) => {
    const matters = notice.kind === 'unknown' || (notice.kind === 'gap' && !notice.complete)
    if (matters || verbose || process.stderr.isTTY === true) tell(notice)
  }
}

/** Prints what is risky about the token, without the name that `say` adds, on a terminal or when asked to. */
export const hearWarning =
  (verbose: boolean) =>
  (text: string): void => {
    if (verbose || process.stderr.isTTY === true)
      say(text.replace(/^meshery-live: | To silence this, .*/g, ''), 'yellow')
  }
