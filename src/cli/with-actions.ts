import type { EventActions } from '../actions/index.ts'
import { changedError } from '../base/errors.ts'
import { MesheryError, type MesheryOptions } from '../index.ts'
import type { ConnectionOptions } from './connection-options.ts'
import type { CommandContext } from './context.ts'
import { commandLogger } from './diagnostics.ts'
import { exitCodeOf, exitCodes } from './exit-codes.ts'
import { remedyOf } from './remedies.ts'
import { reportServer } from './server-line.ts'
import { isLasting, waitForServer } from './server-probe.ts'
import { waitingReporter } from './waiting-line.ts'

/**
 * Opens the actions on the events of the server, does the work, and closes them. Waits for the server first, if asked to.
 * @throws MesheryError what the work throws.
 */
export async function withActions<T>(
  options: ConnectionOptions,
  context: CommandContext,
  work: (actions: EventActions) => Promise<T>,
): Promise<T> {
  const { connection, verbose } = options
  const actions = context.createEventActions({
    ...connection,
    logger: commandLogger({ context, verbose }),
  })
  try {
    if (options.waitForServerMs > 0) await waitUntilAnswered(actions.url, options, context)
    await reportServer(actions.url, options, context, context.signal)
    return await work(actions)
  } catch (error) {
    throw withAddressSource(error, connection, context)
  } finally {
    await actions.close()
  }
}

/** The error, which says where the address came from if the server cannot be reached: a script's log does not show its command line. */
export const withAddressSource = (error: unknown, connection: MesheryOptions, context: CommandContext): unknown =>
  error instanceof MesheryError && exitCodeOf(error) === exitCodes.unreachable
    ? changedError(error, { remedy: `${remedyOf(error)} The address came from ${context.addressSource(connection)}.` })
    : error

/**
 * Waits for the server as long as `--wait-for-server` says.
 * @throws MesheryError TIMED_OUT, or at once what no start-up cures
 */
export async function waitUntilAnswered(
  url: string,
  options: ConnectionOptions,
  context: CommandContext,
): Promise<void> {
  const { now, signal } = context
  const probe = context.probe(options.connection)
  const answer = await waitForServer(url, {
    probe,
    deadline: now() + options.waitForServerMs,
    signal,
    now,
    onReason: waitingReporter({ ...options, url }, context),
  })
  probe.close()
  if (answer.answers || signal.aborted) return
  if (isLasting(answer.error)) throw answer.error
  const remedy = 'Check that the server is healthy, or wait longer with --wait-for-server.'
  throw new MesheryError('TIMED_OUT', `No Meshery answered at ${url} in time: ${answer.reason}`, {
    phase: 'action',
    remedy,
  })
}
