import { deferred, sleep } from '../base/abort.ts'
import { now } from '../base/clock.ts'
import { hasCode, MesheryError } from '../base/errors.ts'
import { events } from '../streams/events.ts'
import type { Connection } from '../transports/contract.ts'
import { sse } from '../transports/sse.ts'
import { websocket } from '../transports/websocket.ts'
import type { DiagnosisStep, DiagnosisStepName } from './diagnosis.ts'
import type { SocketObservation, Upgrade } from './observed-platform.ts'
import {
  findingOfCutStream,
  findingOfTransport,
  findingWithoutEvents,
  withoutConnection,
} from './release-transports.ts'
import type { ServerTarget } from './server-steps.ts'
import type { Finding } from './steps.ts'

/** How long a WebSocket is silent before the diagnosis sends a ping, in milliseconds. */
const pingAfterMs = 100
/** How long a subscription must stay open, in milliseconds: some middleboxes cut connections soon after they open. */
const holdMs = 1_000

/** Runs and skips the steps of a diagnosis. */
export interface StepRunner {
  run(name: DiagnosisStepName, find: () => Promise<Finding>): Promise<DiagnosisStep>
  skip(name: DiagnosisStepName, message: string): void
}

/** The steps of a WebSocket, in their order on one connection of the client. */
export async function checkWebSocket(target: ServerTarget, steps: StepRunner): Promise<void> {
  const { http, timeouts, observed } = target
  const observation = observed.nextSocket()
  const dialledAt = now()
  const connection = websocket.connect(http, { ...timeouts, ping: Math.min(timeouts.ping, pingAfterMs) })
  const ended = failureOf(connection)
  const stages: readonly (readonly [DiagnosisStepName, () => Promise<Finding>])[] = [
    ['websocket', async () => describeUpgrade(await Promise.race([observation.upgrade.promise, ended]), dialledAt)],
    ['ack', () => checkAck(observation, ended)],
    ['ping', () => checkPing(observation, ended)],
    ['subscription', () => checkSubscription(connection, ended, target)],
  ]
  const explain = (error: unknown): Finding => findingOfTransport('websocket', asMesheryError(error), target)
  let stopped: DiagnosisStep | undefined
  try {
    for (const [name, find] of stages) {
      if (stopped) {
        steps.skip(name, withoutConnection(stopped))
        continue
      }
      const step = await steps.run(name, () => find().catch(explain))
      if (step.status === 'failed' || step.status === 'skipped') stopped = step
    }
  } finally {
    await connection.close()
  }
}

/** Rejects when the connection ends. */
function failureOf({ ended }: Connection): Promise<never> {
  const failure = ended.then((error) => {
    throw error ?? new MesheryError('CONNECTION_LOST', 'The connection was closed at once', { phase: 'stream' })
  })
  // Who waits for something on the connection receives it.
  failure.catch(() => {})
  return failure
}

const asMesheryError = (thrown: unknown): MesheryError => {
  if (thrown instanceof MesheryError) return thrown
  throw thrown
}

function describeUpgrade(upgrade: Upgrade, dialledAt: number): Finding {
  const { status, protocol, headers } = upgrade
  const by = headers['server'] ?? headers['via']
  const server = by === undefined ? '' : ` by ${by}`
  const message = `Upgrade answered with ${status}${server} and the sub-protocol ${protocol}`
  return { message, tookMs: Math.round(now() - dialledAt), details: { status, protocol, headers } }
}

async function checkAck({ acknowledged }: SocketObservation, ended: Promise<never>): Promise<Finding> {
  const began = now()
  await Promise.race([acknowledged.promise, ended])
  const ackMs = Math.round(now() - began)
  return { message: `Acknowledged after ${ackMs} ms`, details: { ackMs } }
}

async function checkPing({ roundTrip }: SocketObservation, ended: Promise<never>): Promise<Finding> {
  const roundTripMs = Math.round(await Promise.race([roundTrip.promise, ended]))
  return {
    message: `A ping takes ${roundTripMs} ms to the server and back`,
    tookMs: roundTripMs,
    details: { roundTripMs },
  }
}

/** Starts the subscription to events, by the first document that the server accepts. */
async function checkSubscription(
  connection: Connection,
  ended: Promise<never>,
  { release }: ServerTarget,
): Promise<Finding> {
  let refusal: MesheryError | undefined
  for (const query of events.documents) {
    const began = now()
    const opened = deferred<void>()
    const over = deferred<never>()
    const end = (error: MesheryError | undefined): void =>
      over.reject(
        error ?? new MesheryError('CONNECTION_LOST', 'The server ended the subscription', { phase: 'stream' }),
      )
    connection.start({ graphql: { query } }, { open: () => opened.resolve(), frame: () => {}, end })
    try {
      await Promise.race([opened.promise, over.promise, ended])
      const tookMs = Math.round(now() - began)
      await Promise.race([hold(), over.promise, ended])
      return { message: 'The subscription to events started, and stayed open', tookMs, details: { holdMs } }
    } catch (error) {
      if (!hasCode(error, 'UNSUPPORTED')) throw error
      refusal ??= error
    }
  }
  return findingWithoutEvents(
    refusal ?? new MesheryError('UNSUPPORTED', 'no document', { phase: 'subscribe' }),
    release,
  )
}

const hold = (): Promise<void> => sleep(holdMs, new AbortController().signal)

/** Opens the stream of events, and waits for its first line: before it, a proxy may hold everything back. */
export async function checkSse(target: ServerTarget): Promise<Finding> {
  const { http, timeouts, observed } = target
  const observation = observed.nextStream()
  const began = now()
  const opened = deferred<void>()
  const connection = sse.connect(http, timeouts)
  const ended = failureOf(connection)
  connection.start({ sse: events.sse }, { open: () => opened.resolve(), frame: () => {}, end: () => {} })
  let openedMs: number | undefined
  try {
    await Promise.race([opened.promise, ended])
    openedMs = Math.round(now() - began)
    await Promise.race([observation.firstLine.promise, ended])
    const firstLineMs = Math.round(now() - began)
    const message = `The stream opened after ${openedMs} ms; its first line came after ${firstLineMs} ms`
    return { message, details: { openedMs, firstLineMs } }
  } catch (error) {
    const failure = asMesheryError(error)
    if (openedMs === undefined) return findingOfTransport('sse', failure, target)
    return findingOfCutStream(failure, target, { openedMs, silentMs: Math.round(now() - began - openedMs) })
  } finally {
    await connection.close()
  }
}
