import { MesheryError } from '../base/errors.ts'
import type { Redactor } from '../credentials/redactor.ts'
import type { Frame, GraphQLErrorShape, Operation, OperationListener } from './contract.ts'
import { errorsOf, graphqlFailure } from './graphql-failure.ts'
import { GuardedListener } from './guarded-listener.ts'

/** One operation of a WebSocket: reads the payloads of its messages. */
export class WebSocketOperation extends GuardedListener {
  /** No other operation of this socket has it. */
  readonly id: string
  /** The payload of `subscribe`, as JSON. */
  readonly payload: string
  readonly #secrets: Redactor
  #hasData = false
  /** A first value without data: gqlgen reports so that a resolver failed, if `complete` follows. */
  #maybeFailure: Frame | undefined

  constructor(id: string, payload: string, listener: OperationListener, secrets: Redactor) {
    super(listener)
    this.id = id
    this.payload = payload
    this.#secrets = secrets
  }

  /** The payload of a `next`, and the length of its message in characters. */
  next({ data, errors: sent }: Readonly<Record<string, unknown>>, textLength: number): void {
    const errors = errorsOf(sent, this.#secrets)
    const frame: Frame = errors ? { data, textLength, errors } : { data, textLength }
    if (this.#maybeFailure) this.frame(this.#maybeFailure)
    this.#maybeFailure = undefined
    if (!this.#hasData && errors && (data === null || data === undefined)) {
      this.#maybeFailure = frame
      return
    }
    this.#hasData = true
    this.frame(frame)
  }

  /** The server ended it: by the errors of an `error`, or by a `complete`. */
  finish(errors: readonly GraphQLErrorShape[] | undefined = this.#maybeFailure?.errors): void {
    this.end(errors && graphqlFailure(errors))
  }
}

/** The payload of `subscribe` as JSON; an error if the operation is not for a WebSocket, or JSON cannot express it. */
export function subscribePayload({ graphql }: Operation): string | MesheryError {
  if (!graphql)
    return new MesheryError('UNSUPPORTED', 'A WebSocket cannot serve this operation', { phase: 'subscribe' })
  try {
    return JSON.stringify(graphql)
  } catch (cause) {
    return new MesheryError('INVALID_OPTION', 'The operation cannot be sent as JSON', { phase: 'subscribe', cause })
  }
}
