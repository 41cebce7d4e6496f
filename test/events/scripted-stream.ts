import { vi } from 'vitest'
import type { Notice } from '../../src/connection/notice.ts'
import { EventDelivery } from '../../src/events/event-delivery.ts'
import { EventLedger } from '../../src/events/event-ledger.ts'
import { EventSubscriber } from '../../src/events/event-subscriber.ts'
import type { Store } from '../../src/events/store.ts'
import type { StoreCursor } from '../../src/events/store-cursor.ts'
import { locateCursor, readNewRows } from '../../src/events/store-reader.ts'
import type { SubscriberOptions } from '../../src/events/subscriber-options.ts'
import { never, type Row, ScriptedStore, storeOn, stream } from './scripted-store.ts'

/** Lets so much fake time pass, in milliseconds. */
export const turn = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms)

/** The stream's side of a store. */
export interface Stream {
  readonly server: ScriptedStore
  readonly store: Store<Row>
  readonly ledger: EventLedger<Row>
  readonly cursor: StoreCursor<Row>
  readonly subscribers: Set<EventSubscriber<Row>>
  /** One read of the stream, for all subscribers. */
  read(): Promise<void>
  /** The stream delivers an event that was pushed, and whose row did not come. */
  push(item: Row): void
}

export interface OpenSubscriber {
  readonly server: ScriptedStore
  readonly subscriber: EventSubscriber<Row>
  readonly notices: readonly Notice[]
  readonly delivered: readonly Row[]
  kinds(): string[]
  /** One read of the stream. */
  read(): Promise<void>
  push(item: Row): void
  /** Takes this many events from the queue, or fewer if it has fewer. */
  take(count: number): Promise<void>
}

/** The stream's side of a store with so many rows: its ledger and its delivery. */
export async function begin(rows: number): Promise<Stream> {
  const server = new ScriptedStore()
  server.append(rows)
  const store = storeOn(server)
  const cursor = await locateCursor(store, { from: 'now' }, never)
  const ledger = new EventLedger(stream)
  ledger.anchor(cursor)
  const subscribers = new Set<EventSubscriber<Row>>()
  const delivery = new EventDelivery(ledger, subscribers, { settle: 2_000, bufferBytes: 2 ** 26 })
  /** One read of the stream, for all subscribers. */
  const read = async (): Promise<void> => {
    for await (const page of readNewRows(store, cursor, never)) delivery.rows(page)
  }
  /** The stream delivers an event that was pushed, and whose row did not come. */
  const push = (item: Row): void => {
    const isNew = ledger.push(item)
    const pending = ledger.oldestPending()
    if (!isNew || !pending) return
    const delivered = ledger.due(pending)
    for (const subscriber of subscribers) subscriber.push(item, delivered)
  }
  return { server, store, ledger, cursor, subscribers, read, push }
}

/** A subscriber of a stream that reads when the test says so. */
export async function open(
  rows: number | Stream,
  { attempts = Infinity, ...options }: Partial<SubscriberOptions<Row>> & { readonly attempts?: number } = {},
): Promise<OpenSubscriber> {
  const source = typeof rows === 'number' ? await begin(rows) : rows
  const { server, store, ledger, subscribers, push } = source
  const notices: Notice[] = []
  const subscriber = new EventSubscriber<Row>(
    { store, ledger, retryOptions: { policy: { attempts }, credentials: server.credentials } },
    {
      buffer: 10,
      bufferBytes: 2 ** 25,
      beginning: { from: 'now' },
      accepts: () => true,
      notice: (one) => notices.push(one),
      ...options,
    },
  )
  subscribers.add(subscriber)
  subscriber.anchored()
  const delivered: Row[] = []
  const read = async (): Promise<void> => {
    await source.read()
    subscriber.readEnded(source.cursor)
  }
  /** Takes this many events from the queue, or fewer if it has fewer. */
  const take = async (count: number): Promise<void> => {
    for (let time = 0; time < count && subscriber.queue.size > 0; time++) {
      const result = await subscriber.queue.next()
      if (!result.done) delivered.push(result.value)
      await turn()
    }
  }
  const kinds = (): string[] => notices.map(({ kind }) => kind)
  return { server, subscriber, notices, kinds, delivered, read, push, take }
}
