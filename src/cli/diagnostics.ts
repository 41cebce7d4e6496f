import { MesheryError, type Notice } from '../index.ts'
import type { CommandContext } from './context.ts'
import { type About, noticePrinter, withCode } from './notice-text.ts'
import type { Output } from './output.ts'
import { remedyOf } from './remedies.ts'
import { type Look, oneLine } from './text.ts'

/** Writes a line to stderr, without what a peer's text could do to a terminal. */
export const say = (stderr: Output, text: string, look?: Look): void =>
  stderr.writeNow(`${stderr.paint('dim', 'meshery-live:')} ${stderr.paint(look, oneLine(text))}\n`)

/** Says what went wrong and what to do about it. `verbose` adds what caused it. */
export const sayError = (
  stderr: Output,
  error: unknown,
  { verbose = false, remedy }: { readonly verbose?: boolean; readonly remedy?: string | undefined } = {},
): void => {
  if (!(error instanceof MesheryError)) {
    say(stderr, error instanceof Error ? error.message : String(error), 'red')
    return
  }
  say(stderr, withCode(error), 'red')
  stderr.writeNow(`  ${oneLine(remedy ?? remedyOf(error))}\n`)
  if (!verbose) return
  stderr.writeNow(`  phase: ${error.phase}\n`)
  for (let cause = error.cause; cause instanceof Error; cause = cause.cause) {
    stderr.writeNow(`  because: ${oneLine(cause.message)}\n`)
  }
}

/** Whether what happens is said: on a terminal, or when asked to. */
export const saysWhatHappens = ({ stderr }: CommandContext, verbose: boolean): boolean => verbose || stderr.isTerminal

/** Which notices are said, and how. */
export interface NoticeSettings {
  readonly context: CommandContext
  readonly verbose: boolean
  readonly about: About
  /** Lets a line be written where something else is on the terminal. */
  readonly aside?: (write: () => void) => void
}

/**
 * Makes a listener that says each notice, unless stderr goes to a file or a pipe and `verbose` is not set: then it only says
 * that something may be missing, and that ids are not known.
 */
export const noticeListener = ({
  context,
  verbose,
  about,
  aside = (write) => write(),
}: NoticeSettings): ((notice: Notice) => void) => {
  const print = noticePrinter((text, look) => aside(() => say(context.stderr, text, look)), about, context.now)
  const saysAll = saysWhatHappens(context, verbose)
  return (notice) => {
    const matters = notice.kind === 'unknown' || (notice.kind === 'gap' && !notice.complete)
    if (matters || saysAll) print(notice)
  }
}

/** Makes a listener that says what is risky about the token, without the name that `say` adds, on a terminal or when asked to. */
export const warningListener =
  (context: CommandContext, verbose: boolean) =>
  (text: string): void => {
    if (saysWhatHappens(context, verbose)) say(context.stderr, text.replace(/^meshery-live: /, ''), 'yellow')
  }
