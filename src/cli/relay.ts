import type { Option } from 'commander'
import type { EventCursor } from '../base/event-position.ts'
import { fileCursor } from '../cursor/file-cursor.ts'
import { requireWritable } from '../platform/writable-file.ts'
import { fileDeadLetters } from '../relay/file-sink.ts'
import { relayEvents, startRelay } from '../relay/relay.ts'
import type { RelayNotice } from '../relay/relay-notice.ts'
import type { Command } from './command.ts'
import { connectionOptions, readFollowOptions, verboseOption } from './connection-options.ts'
import type { CommandContext } from './context.ts'
import { noticeListener, report, reportsProgress } from './diagnostics.ts'
import { filterHeading, filterOptions, readFilters } from './event-filters.ts'
import { exitCodes } from './exit-codes.ts'
import { follow } from './follow.ts'
import { connectionNotes } from './help.ts'
import { type OptionValues, readCount, underHeading, usageError, valueOption } from './option-values.ts'
import { readSink, sinkOptions } from './relay-sinks.ts'
import { oneLine } from './text.ts'

const cursorOptions = (): readonly Option[] =>
  underHeading('Progress', [
    valueOption('--cursor <FILE>', 'remembers what was sent; a restart resumes there. A file for each relay'),
    valueOption('--dead-letters <FILE>', 'keeps what the receiver refuses; default: CURSOR.dead-letters.ndjson'),
    valueOption('--attempts <N>', 'park an event after N attempts; default: retry until the receiver accepts it'),
  ])

/** Relays Meshery's events to other systems. */
export const relay: Command = {
  name: 'relay',
  summary: 'send the events to a webhook, a file or NATS, and resume after a restart',
  description:
    'Sends the events of a Meshery Server to a webhook, a file or a stream of NATS JetStream: each at least once, in order. It waits until the receiver has accepted an event before it sends the next one. The cursor file remembers what was accepted, and a restart resumes there. What the receiver refuses is kept in the file of dead letters, and reported. --since counts only while the cursor file does not exist.',
  notes: connectionNotes,
  options: () => [
    ...sinkOptions(),
    ...cursorOptions(),
    ...underHeading(filterHeading, filterOptions()),
    ...underHeading('Output', [verboseOption()]),
    ...connectionOptions(),
  ],
  async run({ options: values }, context) {
    const options = readFollowOptions(values)
    const events = readFilters(values)
    const sink = readSink(values, context.env)
    const { cursor, deadLetters, attempts } = await readProgress(values)
    // Before the server is asked: what can never work is wrong usage.
    await sink.open?.()
    await deadLetters.open?.()
    const { position, since } = await startRelay(cursor, events)
    const onRelayNotice = relayNoticeListener(context, options.verbose)
    return follow(
      {
        options,
        onNotice: noticeListener({ context, verbose: options.verbose, about: 'events' }),
        open: (meshery, subscribeOptions) => meshery.subscribeEvents({ ...events, since }, subscribeOptions),
        async work({ meshery, subscription, ended }) {
          const line = `Relays the events of ${meshery.url} to ${sink.name}.`
          // A subscription that fails before it is ready ends the relay, which reports why.
          subscription.ready.then(
            () => context.stdout.writeLine(oneLine(line), ended),
            () => {},
          )
          const settings = { to: sink, cursor, deadLetters, attempts, signal: ended, onNotice: onRelayNotice }
          await relayEvents({ subscription, source: meshery.url, position }, settings)
          return exitCodes.done
        },
      },
      context,
    )
  },
}

interface Progress {
  readonly cursor: EventCursor
  readonly deadLetters: ReturnType<typeof fileDeadLetters>
  readonly attempts: number | undefined
}

/** @throws MesheryError INVALID_OPTION */
async function readProgress(values: OptionValues): Promise<Progress> {
  const path = values.text('cursor')
  if (path === undefined) throw usageError('--cursor is missing: the file that remembers what was sent')
  const attempts = values.text('attempts')
  // It is replaced as a whole, by a file beside it.
  await requireWritable(path, `${path}.tmp`)
  return {
    cursor: fileCursor(path),
    deadLetters: fileDeadLetters(values.text('dead-letters') ?? `${path}.dead-letters.ndjson`),
    attempts: attempts === undefined ? undefined : readCount('attempts', attempts, 1, Number.MAX_SAFE_INTEGER),
  }
}

/**
 * Reports dead letters and a cursor that cannot be saved always, since a service's log is read later; and retries, of which
 * one event has many: the first, the second, the fourth and so on.
 */
function relayNoticeListener(context: CommandContext, verbose: boolean): (notice: RelayNotice) => void {
  const { stderr } = context
  return (notice) => {
    switch (notice.kind) {
      case 'sent':
        if (verbose) report(stderr, `sent ${notice.id}`, 'dim')
        return
      case 'parked':
        report(stderr, `refused, kept in ${notice.deadLetters}: event ${notice.id}: ${notice.error.message}`, 'red')
        return
      case 'cursor-not-saved':
        report(stderr, `the cursor cannot be saved: ${notice.error.message}`, 'red')
        return
      case 'retry':
        if (Number.isInteger(Math.log2(notice.attempts)) || reportsProgress(context, verbose))
          report(stderr, `attempt ${notice.attempts} for event ${notice.id}: ${notice.error.message}`, 'yellow')
        return
    }
  }
}
