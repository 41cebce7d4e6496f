import type { EventsArguments, LogMethods, MesheryOptions, Subscription } from '../../src/index.ts'
import type { FakeMeshery, NewEvent } from '../../src/testing/index.ts'
import type { Watching } from './watching.ts'

/** A Meshery, and a subscription that its events come to. */
export interface EventWorld extends AsyncDisposable {
  readonly fake: FakeMeshery
  readonly watching: Watching
  /** What further subscriptions name as their source. */
  readonly from: Pick<EventsArguments, 'source'>
  /** Stops all that events come through, and starts it again after the work. */
  restart(work: () => void): Promise<void>
  /** Cuts every connection on the way. */
  cut(): Promise<void>
  /** Waits until a server has nothing of the subscription, and claims that it stays so. */
  nothingIsLeft(): Promise<void>
  /** Sends values on the last part of the way that are no events. */
  sendOdd(values: readonly unknown[]): Promise<void>
  /** Claims that nothing of the connections was ended by what came. */
  undisturbed(): void
}

export interface WorldOptions {
  /** Of the client that reads Meshery. */
  readonly options?: MesheryOptions
  /** What Meshery has stored before. */
  readonly seed?: readonly NewEvent[]
  /** Whether the store cannot be read from the beginning on. */
  readonly storeFails?: boolean
}

/** A world whose client logs in with a secret. */
export interface SecretWorld extends EventWorld {
  /** Breaks connections and requests, with answers that contain the secret, and then refuses it. */
  refuse(): Promise<void>
  /** Every address that was asked for. */
  addresses(): string
}

/** A client whose credentials are refused. */
export interface RefusedWorld extends AsyncDisposable {
  readonly subscription: Subscription<unknown>
  /** How often it tried them. */
  tries(): number
  /** Whether it had the occasion to try once more. */
  hadOccasion(): boolean
}

/** A client whose dials are watched. */
export interface DialWorld extends AsyncDisposable {
  readonly subscriptions: readonly Subscription<unknown>[]
  /** How often it dialled. */
  count(): number
  /** Dials that followed another one within 500 ms. */
  problems(): readonly unknown[]
  /** Lets an event come, and waits for it. */
  receive(): Promise<void>
  cut(): void
}

/** A client whose server names another address. */
export interface RedirectWorld extends AsyncDisposable {
  /** Resolves when the client was told of the address in every way, and works again or has tried again. */
  redirected(): Promise<void>
}

/** What events come from. */
export interface EventRig {
  begin(options?: WorldOptions): Promise<EventWorld>
  withSecret(secret: string, logger: LogMethods): Promise<SecretWorld>
  refused(): Promise<RefusedWorld>
  dialling(): Promise<DialWorld>
  /** @param port Where on 127.0.0.1 the other address is. */
  redirecting(port: number): Promise<RedirectWorld>
}
