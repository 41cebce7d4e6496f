import { temporaryOf } from '../platform/replace-file.ts'
import { requireWritable } from '../platform/writable-file.ts'
import { lockFile } from '../relay/file-lock.ts'
import { resend } from '../relay/resend.ts'
import { readConnectionOptions } from './connection-options.ts'
import type { CommandContext } from './context.ts'
import { report } from './diagnostics.ts'
import { filterOptions } from './event-filters.ts'
import { exitCodes } from './exit-codes.ts'
import { readPath } from './file-options.ts'
import { type OptionValues, readCount, usageError } from './option-values.ts'
import { relayNoticeListener } from './relay-notices.ts'
import { readSink, requireDifferent, sinkFile } from './relay-sinks.ts'
import { oneLine } from './text.ts'

/** Options of a relay that mean nothing without the events of a server. */
const unused = (): readonly string[] => ['cursor', 'dead-letters', ...filterOptions().map((option) => option.name())]

/** Sends the dead letters of a file. */
export async function runResend(values: OptionValues, context: CommandContext): Promise<number> {
  const path = readPath('resend', values) ?? ''
  for (const name of unused())
    if ((values.text(name) ?? values.texts(name)) !== undefined)
      throw usageError(`--${name} has no effect with --resend`)
  const { verbose, connection } = readConnectionOptions(values)
  const sink = readSink(values, context.env, connection.tls)
  requireDifferent({ to: sinkFile(values, context.env), resend: path })
  const { stdout, signal } = context
  await requireWritable(path, temporaryOf(path))
  await sink.open?.()
  return withLocks([path], async () => {
    const settings = { sink, attempts: readAttempts(values), signal, notify: relayNoticeListener(context, verbose) }
    const { sent, kept, unreadable } = await resend(path, settings)
    if (unreadable > 0)
      report(context.stderr, `${unreadable} lines of ${path} are no dead letters, and are kept`, 'red')
    await stdout.writeLine(
      oneLine(`Sent ${sent} events of ${path} to ${sink.name}. ${kept + unreadable} are kept.`),
      signal,
    )
    return kept + unreadable === 0 ? exitCodes.done : exitCodes.failure
  })
}

/** @throws MesheryError INVALID_OPTION */
export function readAttempts(values: OptionValues): number | undefined {
  const attempts = values.text('attempts')
  return attempts === undefined ? undefined : readCount('attempts', attempts, 1, Number.MAX_SAFE_INTEGER)
}

/**
 * Works while no other program of this kind uses the files.
 * @throws MesheryError INVALID_OPTION if one of them is in use.
 */
export async function withLocks(paths: readonly string[], work: () => Promise<number>): Promise<number> {
  const [path, ...rest] = paths
  if (path === undefined) return work()
  const lock = await lockFile(path)
  try {
    return await withLocks(rest, work)
  } finally {
    await lock.release()
  }
}
