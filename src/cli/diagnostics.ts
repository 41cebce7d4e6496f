import { messageOf } from '../base/thrown.ts'
import { type LogDetails, type LogMethods, MesheryError, type Notice } from '../index.ts'
import { activityText } from './activity-text.ts'
import type { CommandContext } from './context.ts'
import { longWaits } from './long-waits.ts'
import { type About, noticePrinter, withCode } from './notice-text.ts'
import type { Output } from './output.ts'
import { remedyOf, remedyWithoutTerminal } from './remedies.ts'
import { type Look, oneLine } from './text.ts'

/** Writes a line to stderr, without what a peer's text could do to a terminal. */
export const report = (stderr: Output, text: string, look?: Look): void =>
  stderr.writeNow(`${stderr.paint('dim', 'meshery-live:')} ${stderr.paint(look, oneLine(text))}\n`)

/** Reports an error and its remedy. `verbose` adds the causes. */
export const reportError = (
  stderr: Output,
  error: unknown,
  { verbose = false, remedy }: { readonly verbose?: boolean; readonly remedy?: string | undefined } = {},
): void => {
  if (!(error instanceof MesheryError)) {
    report(stderr, messageOf(error), 'red')
    return
  }
  report(stderr, withCode(error), 'red')
  const text = remedy ?? remedyOf(error)
  stderr.writeNow(`  ${oneLine(stderr.isTerminal ? text : remedyWithoutTerminal(text))}\n`)
  if (!verbose) return
  stderr.writeNow(`  phase: ${error.phase}\n`)
  for (let cause = error.cause; cause instanceof Error; cause = cause.cause) {
    stderr.writeNow(`  because: ${oneLine(cause.message)}\n`)
  }
}

/** Whether the command reports what happens: on a terminal, or when asked to. */
export const reportsProgress = ({ stderr }: Pick<CommandContext, 'stderr'>, verbose: boolean): boolean =>
  verbose || stderr.isTerminal

/** Which notices are reported, and how. */
export interface NoticeSettings {
  readonly context: CommandContext
  readonly verbose: boolean
  readonly about: About
  /** Lets a line be written where something else is on the terminal. */
  readonly aside?: ((write: () => void) => void) | undefined
}

/**
 * Makes a listener that reports each notice, unless stderr goes to a file or a pipe and `verbose` is not set: then it only reports
 * that something may be missing, that ids are not known, and a long wait for the server.
 */
export const noticeListener = ({
  context,
  verbose,
  about,
  aside = (write) => write(),
}: NoticeSettings): ((notice: Notice) => void) => {
  const print = noticePrinter((text, look) => aside(() => report(context.stderr, text, look)), about, context.now)
  const saysAll = reportsProgress(context, verbose)
  const isOfLongWait = longWaits(context.now)
  return (notice) => {
    const waitedMs = isOfLongWait(notice)
    const matters = notice.kind === 'unknown' || (notice.kind === 'gap' && !notice.complete) || waitedMs !== undefined
    if (matters || saysAll) print(notice, waitedMs)
  }
}

/**
 * The logger of a command's client: reports what is risky about the token, on a terminal or when asked to; with `verbose` also each
 * connection and request. Notices come by another way. `report` adds the program's name again.
 */
export const commandLogger = ({
  context,
  verbose,
  aside = (write) => write(),
}: Omit<NoticeSettings, 'about'>): LogMethods => {
  const print = (text: string, look: Look): void => aside(() => report(context.stderr, text, look))
  return {
    warn(details, message) {
      if (!('kind' in details) && reportsProgress(context, verbose))
        print(message.replace(/^meshery-live: | To silence this, .*/g, ''), 'yellow')
    },
    ...(verbose && {
      debug(details: LogDetails, message: string) {
        const text = activityText(details, message, context.now())
        if (text !== undefined) print(text, 'dim')
      },
    }),
  }
}
