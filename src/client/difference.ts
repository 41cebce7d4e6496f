import { isRecord } from '../base/checks.ts'
import { same } from '../base/same.ts'

/** One item of a list came, went, or is another than it was. */
export type Change<Item = unknown, List extends string = string> = {
  /** The list that the item is in, by its name in the value; `controllers` where the value itself is the list. */
  readonly list: List
  /** By what the item is known again, such as its id; several parts are separated by a blank. */
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

/** What an item of a list is known by, where it is not `id`. */
const identities: ReadonlyMap<string, readonly string[]> = new Map([
  ['controllers', ['connectionID', 'controller']],
  ['resources', ['kubernetes_server_id', 'namespace', 'kind']],
  ['results', ['meshery_id']],
  ['components', ['name']],
  ['relationships', ['name']],
])

/** An item without what it should be known by is known by all that it says. */
const keyOf = (list: string, item: unknown): string => {
  const parts = isRecord(item) ? (identities.get(list) ?? ['id']).map((name) => item[name]) : [null]
  return parts.some((part) => typeof part !== 'string') ? JSON.stringify(item) : parts.join(' ')
}

/** The lists in a value: itself, its own, and those in parts that are called like their list. */
const listsOf = (value: unknown): ReadonlyMap<string, readonly unknown[]> =>
  new Map(
    Object.entries(Array.isArray(value) ? { controllers: value } : isRecord(value) ? value : {}).flatMap(
      ([name, part]) => {
        const list: unknown = isRecord(part) ? part[name] : part
        return Array.isArray(list) ? [[name, list] as const] : []
      },
    ),
  )

/**
 * What differs between two values of a state; the first one has nothing before it. List by list: first what is gone, as it
 * stood before, then what came or differs, as it stands now. An item that only moved has not changed.
 */
export function changesBetween(before: unknown, after: unknown): readonly Change[] {
  const [old, now] = [listsOf(before), listsOf(after)]
  return [...new Set([...now.keys(), ...old.keys()])].flatMap((list) => {
    const keyed = (lists: typeof now): Map<string, unknown> =>
      new Map((lists.get(list) ?? []).map((item) => [keyOf(list, item), item]))
    const [had, has] = [keyed(old), keyed(now)]
    const found: Change[] = []
    for (const [key, value] of had)
      if (!has.has(key)) found.push({ kind: 'removed', list, key, value: null, before: value })
    for (const [key, value] of has)
      if (!had.has(key)) found.push({ kind: 'added', list, key, value, before: null })
      else if (!same(value, had.get(key))) found.push({ kind: 'updated', list, key, value, before: had.get(key) })
    return found
  })
}
