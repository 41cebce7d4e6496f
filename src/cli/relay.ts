import type { Option } from 'commander'
import type { EventCursor } from '../base/event-position.ts'
import { fileCursor } from '../cursor/file-cursor.ts'
import { temporaryOf } from '../platform/replace-file.ts'
import { requireWritable } from '../platform/writable-file.ts'
import { canBeLocked } from '../relay/file-lock.ts'
import { fileDeadLetters } from '../relay/file-sink.ts'
import { relayEvents, startRelay } from '../relay/relay.ts'
import type { Command } from './command.ts'
import { connectionOptions, readFollowOptions, verboseOption } from './connection-options.ts'
import type { CommandContext } from './context.ts'
import { noticeListener } from './diagnostics.ts'
import { filterHeading, filterOptions, readFilters } from './event-filters.ts'
import { exitCodes } from './exit-codes.ts'
import { readPath } from './file-options.ts'
import { follow } from './follow.ts'
import { connectionNotes } from './help.ts'
import { type OptionValues, underHeading, usageError, valueOption } from './option-values.ts'
import { relayNoticeListener } from './relay-notices.ts'
import { readAttempts, runResend, withLocks } from './relay-resend.ts'
import { readSink, requireDifferent, sinkFile, sinkOptions } from './relay-sinks.ts'
import { oneLine } from './text.ts'

const cursorOptions = (): readonly Option[] =>
  underHeading('Progress', [
    valueOption('--cursor <FILE>', 'remembers what was sent; a restart resumes there. A file for each relay'),
    valueOption('--dead-letters <FILE>', 'keeps what the receiver refuses; default: CURSOR.dead-letters.ndjson'),
    valueOption('--attempts <N>', 'park an event after N attempts; default: retry until the receiver accepts it'),
    valueOption('--resend <FILE>', 'send the dead letters of this file instead, and keep in it what is refused again'),
  ])

/** Relays Meshery's events to other systems. */
export const relay: Command = {
  name: 'relay',
  summary: 'send the events to a webhook, a file or NATS, and resume after a restart',
  description:
    'Sends the events of a Meshery Server to a webhook, a file or a stream of NATS JetStream: each at least once, in order. It waits until the receiver has accepted an event before it sends the next one. The cursor file remembers what was accepted, and a restart resumes there. What the receiver refuses is kept in the file of dead letters, and reported. --since counts only while the cursor file does not exist. With --resend it sends the dead letters of a file instead, without a server, and ends.',
  notes: connectionNotes,
  options: () => [
    ...sinkOptions(),
    ...cursorOptions(),
    ...underHeading(filterHeading, filterOptions()),
    ...underHeading('Output', [verboseOption()]),
    ...connectionOptions(),
  ],
  run({ options: values }, context) {
    return values.text('resend') === undefined ? runRelay(values, context) : runResend(values, context)
  },
}

async function runRelay(values: OptionValues, context: CommandContext): Promise<number> {
  const options = readFollowOptions(values)
  const events = readFilters(values)
  const sink = readSink(values, context.env, options.connection.tls)
  const { files, deadLetters, ...progress } = await readProgress(values, sinkFile(values, context.env))
  // Before the server is asked: what can never work is wrong usage.
  await sink.open?.()
  await deadLetters.open?.()
  return withLocks(files, async () => {
    const { position, since, gap } = await startRelay(progress.cursor, events)
    const onNotice = noticeListener({ context, verbose: options.verbose, about: 'events' })
    if (gap) onNotice(gap)
    return follow(
      {
        options,
        onNotice,
        open: (meshery, subscribeOptions) => meshery.subscribeEvents({ ...events, since }, subscribeOptions),
        async work({ meshery, subscription, ended }) {
          const line = `Relays the events of ${meshery.url} to ${sink.name}.`
          // A subscription that fails before it is ready ends the relay, which reports why.
          subscription.ready.then(
            () => context.stdout.writeLine(oneLine(line), ended),
            () => {},
          )
          const onRelayNotice = relayNoticeListener(context, options.verbose)
          const settings = { to: sink, deadLetters, ...progress, signal: ended, onNotice: onRelayNotice }
          await relayEvents({ subscription, source: meshery.url, position }, settings)
          return exitCodes.done
        },
      },
      context,
    )
  })
}

interface Progress {
  readonly cursor: EventCursor
  readonly deadLetters: ReturnType<typeof fileDeadLetters>
  readonly attempts: number | undefined
  /** The files that no other program may use meanwhile. */
  readonly files: readonly string[]
}

/** @throws MesheryError INVALID_OPTION */
async function readProgress(values: OptionValues, to: string | undefined): Promise<Progress> {
  const path = readPath('cursor', values)
  if (path === undefined) throw usageError('--cursor is missing: the file that remembers what was sent')
  const deadLetters = readPath('dead-letters', values) ?? `${path}.dead-letters.ndjson`
  requireDifferent({ to, cursor: path, 'dead-letters': deadLetters })
  // It is replaced as a whole, by a file beside it.
  await requireWritable(path, temporaryOf(path))
  return {
    cursor: fileCursor(path),
    deadLetters: fileDeadLetters(deadLetters),
    attempts: readAttempts(values),
    files: (await canBeLocked(deadLetters)) ? [path, deadLetters] : [path],
  }
}
