import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Marks, marksOf, TraitIndex } from '../../src/events/trait-index.ts'
import type { EventDeclaration } from '../../src/streams/event-declaration.ts'
import { isFull, runsOf, sampled } from '../sample.ts'
import { usedBytes } from '../used-bytes.ts'
import { stream } from './scripted-store.ts'

interface Item {
  readonly id: string | null
  readonly traits: readonly (string | null)[]
}

const log: EventDeclaration<Item> = {
  ...stream,
  item: () => undefined,
  id: ({ id }) => id,
  at: () => null,
  traits: ({ traits }) => traits,
  isPushed: () => true,
}

/** By comparison, one after the other: the rule that the index keeps. */
function alike(some: Item, others: Item): boolean {
  const both = some.traits.map((trait, index) => [trait, others.traits[index] ?? null] as const)
  const common = both.filter(([a, b]) => a !== null && b !== null)
  return common.length > 0 && common.every(([a, b]) => a === b)
}
const ofPush = (items: readonly Item[], asked: Item): boolean =>
  items.some((item) => (asked.id === null ? alike(asked, item) : asked.id === item.id))
const ofRow = (items: readonly Item[], row: Item): boolean =>
  items.some((item) => (item.id === null ? alike(item, row) : item.id === row.id))

const trait = fc.constantFrom(null, '', 'a', 'b', 'x'.repeat(300), `${'x'.repeat(299)}y`)
const item: fc.Arbitrary<Item> = fc.record({
  id: fc.constantFrom(null, null, '1', '2', '3'),
  traits: fc.array(trait, { minLength: 4, maxLength: 4 }),
})

describe('TraitIndex', () => {
  it('finds what a comparison with every entry finds, whatever traits are missing', () => {
    const step = fc.record({ do: fc.constantFrom('add', 'add', 'delete', 'ofPush', 'ofRow'), item })
    const play = (script: readonly { do: string; item: Item }[]): void => {
      const index = new TraitIndex<Marks>()
      const model = new Map<Marks, Item>()
      const steps: Record<string, (one: Item, marks: Marks, items: readonly Item[]) => void> = {
        add(one, marks, items) {
          if (items.some(({ id }) => id !== null && id === one.id)) return
          index.add(marks)
          model.set(marks, one)
        },
        delete() {
          const [oldest] = model.keys()
          index.delete(oldest)
          if (oldest) model.delete(oldest)
        },
        ofPush: (one, marks, items) => expect(index.ofPush(marks) !== undefined).toBe(ofPush(items, one)),
        ofRow: (one, marks, items) => expect(index.ofRow(marks) !== undefined).toBe(ofRow(items, one)),
      }
      for (const { do: what, item: one } of script) {
        steps[what]?.(one, marksOf(log, one), [...model.values()])
        expect(index.size).toBe(model.size)
      }
    }
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), play), { numRuns: runsOf(500) })
  })

  it('distinguishes long traits without keeping their text', () => {
    const long = (end: string): Item => ({ id: null, traits: [`${'long '.repeat(1_000)}${end}`] })
    const marks = marksOf(log, long('a'))
    expect(marks.traits[0]?.length).toBeLessThan(50)
    expect(marksOf(log, long('a'))).toEqual(marks)
    expect(marksOf(log, long('b'))).not.toEqual(marks)
  })

  it('finds one of many as quickly as one of a few: a comparison with each would take minutes', () => {
    const index = new TraitIndex<Marks>()
    const marks = Array.from({ length: isFull ? 50_000 : 10_000 }, (_, number) =>
      marksOf(log, { id: null, traits: ['a', `${number}`] }),
    )
    let tooEarly = 0
    for (const one of marks) {
      if (index.ofPush(one)) tooEarly++
      index.add(one)
    }
    expect(tooEarly).toBe(0)
    for (const one of marks) {
      const found = index.ofRow(one)
      if (found) index.delete(found)
    }
    expect(index.size).toBe(0)
  }, 20_000)

  it('forgets the oldest when there are too many', () => {
    const index = new TraitIndex<Marks>()
    for (let number = 0; number < 100; number++) index.add(marksOf(log, { id: `${number}`, traits: [] }))
    index.trim(100)
    expect(index.size).toBe(100)
    index.trim(80)
    expect(index.size).toBe(80)
    expect(index.ofId('19')).toBeUndefined()
    expect(index.ofId('20')).toBeDefined()
  })

  it.each(sampled([0, 1], 1))(
    'keeps nothing of the entries that were deleted, having been asked for the oldest %i times',
    (asked) => {
      const last = isFull ? 100_000 : 50_000
      const index = new TraitIndex<Marks>()
      const entry = (number: number): Marks => marksOf(log, { id: `${number}`, traits: ['a', `${number}`] })
      for (let number = 0; number < 10_000; number++) index.add(entry(number))
      for (let time = 0; time < asked; time++) index.oldest()
      const before = usedBytes()
      for (let number = 10_000; number < last; number++) {
        index.add(entry(number))
        index.delete(index.ofId(`${number - 10_000}`))
      }
      expect(usedBytes() - before).toBeLessThan(last * 20)
      expect([index.size, index.oldest()]).toEqual([10_000, entry(last - 10_000)])
    },
  )

  it('finds the oldest entry, whatever was added and deleted before', () => {
    const step = fc.record({ do: fc.constantFrom('add', 'add', 'delete', 'oldest'), index: fc.nat(20) })
    const play = (script: readonly { do: string; index: number }[]): void => {
      const index = new TraitIndex<Marks>()
      const entries: Marks[] = []
      for (const { do: what, index: place } of script) {
        if (what === 'add') {
          const added = marksOf(log, { id: null, traits: ['a'] })
          entries.push(added)
          index.add(added)
        }
        if (what === 'delete') index.delete(entries.splice(place, 1)[0])
        if (what === 'oldest') expect(index.oldest()).toBe(entries[0])
      }
      expect(index.oldest()).toBe(entries[0])
    }
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), play), { numRuns: runsOf(500) })
  })
})
