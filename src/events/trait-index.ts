import type { EventDeclaration } from '../streams/event-declaration.ts'

/** A trait longer than this is kept as its length and a hash, so that what is remembered stays small. In characters. */
const longestTrait = 256

/** By what an item of a log is known again. */
export interface Marks {
  readonly id: string | null
  readonly traits: readonly (string | null)[]
  /** Which traits are there: one bit each. */
  readonly shape: number
}

export function marksOf<Item>(stream: EventDeclaration<Item>, item: Item): Marks {
  const traits = stream.traits(item).map((trait) => (trait && trait.length > longestTrait ? digest(trait) : trait))
  let shape = 0
  for (let index = 0; index < traits.length; index++) if (traits[index] !== null) shape |= 1 << index
  return { id: stream.id(item), traits, shape }
}

/** The last one, since several ask for it in a row. */
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
 * with the shape of a question, once a question of that shape comes; of either there are few.
 */
export class TraitIndex<Entry extends Marks> implements Iterable<Entry> {
  readonly #entries = new Set<Entry>()
  readonly #byId = new Map<string, Entry>()
  /** By the shape of the entries (below 0 where they have an id), then by the traits in common. */
  readonly #shapes = new Map<number, Map<number, Buckets<Entry>>>()

  get size(): number {
    return this.#entries.size
  }

  [Symbol.iterator](): Iterator<Entry> {
    return this.#entries.values()
  }

  has(entry: Entry): boolean {
    return this.#entries.has(entry)
  }

  add(entry: Entry): void {
    this.#entries.add(entry)
    if (entry.id !== null) this.#byId.set(entry.id, entry)
    const kind = kindOf(entry)
    const indexes = this.#shapes.get(kind)
    if (!indexes) this.#shapes.set(kind, new Map())
    else for (const [common, buckets] of indexes) put(buckets, keyOf(entry, common), entry)
  }

  delete(entry: Entry): void {
    if (!this.#entries.delete(entry)) return
    if (entry.id !== null && this.#byId.get(entry.id) === entry) this.#byId.delete(entry.id)
    for (const [common, buckets] of this.#shapes.get(kindOf(entry)) ?? []) remove(buckets, keyOf(entry, common), entry)
  }

  /** Removes the oldest entries when there are more than `most`: several at a time, since finding the oldest costs. */
  trim(most: number): number {
    if (this.size <= most) return 0
    const count = this.size - most + (most >> 3)
    let left = count
    for (const entry of this.#entries) {
      if (left-- === 0) break
      this.delete(entry)
    }
    return count
  }

  ofId(id: string | null): Entry | undefined {
    return id === null ? undefined : this.#byId.get(id)
  }

  /** The entry for an item that was pushed: by its id if it has one, else by its traits. */
  ofPush(pushed: Marks): Entry | undefined {
    return pushed.id === null ? this.#alike(pushed, true) : this.ofId(pushed.id)
  }

  /** The pushed entry for a stored row: the entry has the row's id, or no id and the row's traits. */
  ofRow(row: Marks): Entry | undefined {
    return this.ofId(row.id) ?? this.#alike(row, false)
  }

  #alike(asked: Marks, withIds: boolean): Entry | undefined {
    for (const [kind, indexes] of this.#shapes) {
      const common = asked.shape & (kind < 0 ? ~kind : kind)
      if (common === 0 || (kind < 0 && !withIds)) continue
      let buckets = indexes.get(common)
      if (!buckets) {
        buckets = new Map()
        for (const entry of this.#entries) if (kindOf(entry) === kind) put(buckets, keyOf(entry, common), entry)
        indexes.set(common, buckets)
      }
      const bucket = buckets.get(keyOf(asked, common))
      if (bucket instanceof Set) for (const entry of bucket) return entry
      else if (bucket) return bucket
    }
    return undefined
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

/** Whether a pushed item and a stored row describe the same event. What either does not say, matches. */
export function isStoredMatch<Item>(stream: EventDeclaration<Item>, pushed: Item, row: Item): boolean {
  const index = new TraitIndex<Marks>()
  index.add(marksOf(stream, pushed))
  return index.ofRow(marksOf(stream, row)) !== undefined
}
