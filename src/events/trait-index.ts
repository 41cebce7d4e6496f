import type { EventDeclaration } from '../streams/event-declaration.ts'

/** After so many deletions the search for the oldest entry begins anew. */
const maxDeletions = 1_000

/** A trait with more characters than this is kept as its length and a hash, so that what is remembered stays small. */
const maxTraitLength = 256

/** By what an event is recognized. */
export interface Marks {
  readonly id: string | null
  readonly traits: readonly (string | null)[]
  /** Which traits are known: one bit each. */
  readonly shape: number
}

export function marksOf<Item>(stream: EventDeclaration<Item>, item: Item): Marks {
  const traits = stream.traits(item).map((trait) => (trait && trait.length > maxTraitLength ? digest(trait) : trait))
  return { id: stream.id(item), traits, shape: shapeOf(traits) }
}

/** Which of the traits are known: one bit each. */
export function shapeOf(traits: Marks['traits']): number {
  let shape = 0
  for (let index = 0; index < traits.length; index++) if (traits[index] !== null) shape |= 1 << index
  return shape
}

/** The last one: an event's traits are wanted for several times in a row. */
let digested = { text: '', digest: '' }

/** The length of a text, and 64 bits of hashes of all of it. */
function digest(text: string): string {
  if (text !== digested.text) {
    let [a, b] = [0x811c9dc5, 0x9747b28c]
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index)
      a = Math.imul(a ^ code, 0x01000193)
      b = Math.imul(b ^ code, 0x5bd1e995) ^ (b >>> 15)
    }
    digested = { text, digest: `${text.length} ${a} ${b}` }
  }
  return digested.digest
}

type Bucket<Entry> = Entry | Set<Entry>
type Buckets<Entry> = Map<string, Bucket<Entry>>

/**
 * Finds the entry that describes the same event, by its id or by its traits, at a cost that does not depend on how many
 * entries there are.
 *
 * A trait that is null matches anything. So the entries of each shape are indexed by the traits that they have in common
 * with the shape of a lookup, once a lookup of that shape comes; there are few shapes.
 */
export class TraitIndex<Entry extends Marks> implements Iterable<Entry> {
  readonly #entries = new Set<Entry>()
  /** Null is never a key: looking it up finds nothing. */
  readonly #byId = new Map<string | null, Entry>()
  /** By the shape of the entries (below 0 where they have an id), then by the traits in common. */
  readonly #shapes = new Map<number, Map<number, Buckets<Entry>>>()
  /**
   * Goes through the entries once, so that finding the oldest costs the same however many were deleted. Given up after many
   * deletions: an engine keeps all that the set held since its iterator was last used.
   */
  #inOrder: Iterator<Entry> | undefined
  #deletions = 0
  #oldest: Entry | undefined

  get size(): number {
    return this.#entries.size
  }

  [Symbol.iterator](): Iterator<Entry> {
    return this.#entries.values()
  }

  add(entry: Entry): void {
    this.#entries.add(entry)
    if (entry.id !== null) this.#byId.set(entry.id, entry)
    const kind = kindOf(entry)
    const indexes = this.#shapes.get(kind)
    if (!indexes) this.#shapes.set(kind, new Map())
    else for (const [common, buckets] of indexes) put(buckets, keyOf(entry, common), entry)
  }

  delete(entry: Entry | undefined): void {
    if (!entry || !this.#entries.delete(entry)) return
    if (++this.#deletions % maxDeletions === 0) this.#inOrder = this.#oldest = undefined
    if (this.#byId.get(entry.id) === entry) this.#byId.delete(entry.id)
    for (const [common, buckets] of this.#shapes.get(kindOf(entry)) ?? []) remove(buckets, keyOf(entry, common), entry)
  }

  /** The entry that was added first. */
  oldest(): Entry | undefined {
    while (this.size > 0 && !(this.#oldest && this.#entries.has(this.#oldest))) {
      this.#inOrder ??= this.#entries.values()
      const next = this.#inOrder.next()
      // Entries that were added after the end was reached are found from the start.
      if (next.done) this.#inOrder = undefined
      this.#oldest = next.value
    }
    return this.size > 0 ? this.#oldest : undefined
  }

  /** Removes the oldest entries when there are more than `most`. */
  trim(most: number): void {
    while (this.size > most) this.delete(this.oldest())
  }

  ofId(id: string | null): Entry | undefined {
    return this.#byId.get(id)
  }

  /** The entry of a pushed event: by its id if it has one, else by its traits. */
  ofPush(pushed: Marks): Entry | undefined {
    return pushed.id === null ? this.#alike(pushed, true) : this.ofId(pushed.id)
  }

  /** The pushed entry of a stored row: it has the row's id, or no id and the row's traits. */
  ofRow(row: Marks): Entry | undefined {
    return this.ofId(row.id) ?? this.#alike(row, false)
  }

  #alike(wanted: Marks, withIds: boolean): Entry | undefined {
    for (const [kind, indexes] of this.#shapes) {
      const common = wanted.shape & (kind < 0 ? ~kind : kind)
      if (common === 0 || (kind < 0 && !withIds)) continue
      const buckets = indexes.get(common) ?? this.#index(kind, common)
      const bucket = buckets.get(keyOf(wanted, common))
      const [entry] = bucket instanceof Set ? bucket : [bucket]
      if (entry) return entry
    }
    return undefined
  }

  /** Indexes the entries of a shape by these traits. */
  #index(kind: number, common: number): Buckets<Entry> {
    const buckets: Buckets<Entry> = new Map()
    for (const entry of this.#entries) if (kindOf(entry) === kind) put(buckets, keyOf(entry, common), entry)
    this.#shapes.get(kind)?.set(common, buckets)
    return buckets
  }
}

const kindOf = ({ id, shape }: Marks): number => (id === null ? shape : ~shape)

function keyOf({ traits }: Marks, common: number): string {
  let key = ''
  for (let index = 0; index < traits.length; index++) {
    const trait = traits[index]
    if (common & (1 << index)) key += `${trait?.length},${trait}`
  }
  return key
}

function put<Entry>(buckets: Buckets<Entry>, key: string, entry: Entry): void {
  const bucket = buckets.get(key)
  if (bucket instanceof Set) bucket.add(entry)
  else buckets.set(key, bucket === undefined ? entry : new Set([bucket, entry]))
}

function remove<Entry>(buckets: Buckets<Entry>, key: string, entry: Entry): void {
  const bucket = buckets.get(key)
  if (bucket instanceof Set && bucket.size > 1) bucket.delete(entry)
  else if (bucket instanceof Set ? bucket.has(entry) : bucket === entry) buckets.delete(key)
}

/** Whether a pushed event and a stored row are the same event. A trait that one of them does not have matches. */
export function isStoredMatch<Item>(stream: EventDeclaration<Item>, pushed: Item, row: Item): boolean {
  const index = new TraitIndex<Marks>()
  index.add(marksOf(stream, pushed))
  return index.ofRow(marksOf(stream, row)) !== undefined
}
