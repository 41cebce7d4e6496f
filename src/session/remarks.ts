import type { MesheryError } from '../base/errors.ts'
import type { TrackerSink } from './tracker-sink.ts'

/** What a server says in place of values, or beside them; each is passed on once. */
export class Remarks {
  readonly #sink: TrackerSink
  readonly #strange = new Set<string>()
  #refusal = ''

  constructor(sink: TrackerSink) {
    this.#sink = sink
  }

  /** It tells of ids that nothing is known of. */
  strange(ids: readonly string[]): void {
    const { size } = this.#strange
    for (const id of ids) this.#strange.add(id)
    if (this.#strange.size > size) this.#sink.strange([...this.#strange])
  }

  /** It has no value for now, and says why. */
  refused({ message, details: { errors } }: MesheryError): void {
    if (message !== this.#refusal && Array.isArray(errors)) this.#sink.notice({ kind: 'partial', errors })
    this.#refusal = message
  }
}
