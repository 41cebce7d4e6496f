import fc from 'fast-check'
import { expect, it } from 'vitest'
import { EventPages } from '../../src/actions/event-pages.ts'
import { events, type MesheryEvent } from '../../src/streams/events.ts'
import { runsOf } from '../sample.ts'

const pageSize = 4

const eventOf = (number: number): MesheryEvent => {
  const event = events.item({ id: String(number) }, 'store')
  if (!event) throw new Error('no event')
  return event
}

/** What happens to the list between two reads: how many rows are added on top, and which are deleted. */
const change = fc.record({ added: fc.nat({ max: 9 }), deleted: fc.array(fc.nat({ max: 60 }), { maxLength: 9 }) })

it('gives every row that stays exactly once, whatever is added and deleted meanwhile', () => {
  fc.assert(
    fc.property(fc.nat({ max: 60 }), fc.array(change, { maxLength: 12 }), (count, changes) => {
      // Newest first.
      let rows = Array.from({ length: count }, (_, at) => count - at)
      const stays = new Set(rows)
      let next = count + 1
      const walk = new EventPages(pageSize)
      const given: string[] = []
      for (let reads = 0; !walk.isOver; reads++) {
        expect(reads).toBeLessThan(300)
        const page = rows.slice(walk.page * pageSize, (walk.page + 1) * pageSize)
        given.push(...walk.take(page.map(eventOf), rows.length).map(({ id }) => id ?? ''))
        const { added, deleted } = changes[reads] ?? { added: 0, deleted: [] }
        const gone = new Set(deleted.flatMap((at) => rows[at] ?? []))
        for (const row of gone) stays.delete(row)
        rows = [...Array.from({ length: added }, () => next++).reverse(), ...rows.filter((row) => !gone.has(row))]
      }
      expect(given).toHaveLength(new Set(given).size)
      expect([...stays].filter((row) => !given.includes(String(row)))).toEqual([])
    }),
    { numRuns: runsOf(100) },
  )
})
