import { isRecord } from '../base/checks.ts'
import { same } from '../base/same.ts'
import { listKeys } from '../streams/list-keys.ts'

/** One item of a list was added, updated or removed. */
export type Change<Item = unknown, List extends string = string> = {
  /** The list that the item is in, by its name in the value; `controllers` where the value itself is the list. */
  readonly list: List
  /** What identifies the item in its list, such as its id; several parts are separated by a blank. */
  readonly key: string
} & (
  | { readonly kind: 'added'; readonly value: Item; readonly before: null }
  | { readonly kind: 'updated'; readonly value: Item; readonly before: Item }
  | { readonly kind: 'removed'; readonly value: null; readonly before: Item }
)

type ItemOf<List> = List extends readonly (infer Item)[] ? Item : never
type ListOf<Value, Name extends string> = Value extends readonly unknown[]
  ? ItemOf<Value>
  : Value extends { readonly [Own in Name]?: infer List }
    ? ItemOf<NonNullable<List>>
    : never
type NamedChange<Item, Name extends string> = [Item] extends [never] ? never : Change<Item, Name>

/** The changes that there can be in a state of type `T`. */
export type ChangeOf<T> = T extends readonly (infer Item)[]
  ? Change<Item, 'controllers'>
  : { [Name in keyof T & string]: NamedChange<ListOf<NonNullable<T[Name]>, Name>, Name> }[keyof T & string]

type Lists = ReadonlyMap<string, readonly unknown[]>

/**
 * What differs between two values of a state; the first one has nothing before it. List by list: first the items that are
 * gone, as they were before, then those that came or differ, as they are now. An item that only moved has not changed.
 */
export function changesBetween(before: unknown, after: unknown): readonly Change[] {
  const earlier = listsOf(before)
  const later = listsOf(after)
  const names = new Set([...later.keys(), ...earlier.keys()])
  return [...names].flatMap((list) => changesOfList(list, byKey(list, earlier), byKey(list, later)))
}

function changesOfList(
  list: string,
  before: ReadonlyMap<string, unknown>,
  after: ReadonlyMap<string, unknown>,
): readonly Change[] {
  const changes: Change[] = []
  for (const [key, item] of before)
    if (!after.has(key)) changes.push({ kind: 'removed', list, key, value: null, before: item })
  for (const [key, value] of after)
    if (!before.has(key)) changes.push({ kind: 'added', list, key, value, before: null })
    else if (!same(value, before.get(key))) changes.push({ kind: 'updated', list, key, value, before: before.get(key) })
  return changes
}

/** The lists in a value: the value itself, its lists, and lists in parts that have the name of their list. */
function listsOf(value: unknown): Lists {
  if (Array.isArray(value)) return new Map([['controllers', value]])
  const lists = new Map<string, readonly unknown[]>()
  for (const [name, part] of Object.entries(isRecord(value) ? value : {})) {
    const list: unknown = isRecord(part) ? part[name] : part
    if (Array.isArray(list)) lists.set(name, list)
  }
  return lists
}

const byKey = (list: string, lists: Lists): ReadonlyMap<string, unknown> =>
  new Map((lists.get(list) ?? []).map((item) => [keyOf(list, item), item]))

/** An item that lacks one of the fields is recognized by everything in it. */
function keyOf(list: string, item: unknown): string {
  if (!isRecord(item)) return JSON.stringify(item)
  const parts = (listKeys.get(list) ?? ['id']).map((name) => item[name])
  return parts.every((part) => typeof part === 'string') ? parts.join(' ') : JSON.stringify(item)
}
