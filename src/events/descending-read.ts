import { MesheryError } from '../base/errors.ts'
import { newerWindow } from './page-window.ts'
import { follows, mostStepsBack, type ReadPass, stalls, takeNewRows, timeOf } from './read-pass.ts'
import { storeNotReadable } from './read-progress.ts'

/** For servers that know no ascending order: back to a covered row, then forward again, a page in memory at a time. */
export async function* readDescending<Item>(pass: ReadPass<Item>): AsyncGenerator<readonly Item[], void> {
  const { store, position, signal, progress } = pass
  let { pageSize } = store
  let [number, size] = [0, pageSize]
  let stepsBack = 0
  let previous: readonly Item[] | undefined
  let newer: readonly Item[] | undefined
  let lost: MesheryError | undefined
  for (;;) {
    const page = await store.page(number, size, 'desc', signal)
    if (signal.aborted) throw new MesheryError('CLOSED', 'The read was given up', { phase: 'store' })
    const rows = page.items.toReversed()
    const [oldest] = rows
    pass.total = page.total
    const end = number * size + page.count
    const unsure = page.short && page.total < page.count && oldest !== undefined && !position.coversRow(oldest)
    if (page.cut || (unsure && (await store.isCapped(size, 'desc', signal)))) {
      ;({ pageSize } = store)
      ;[number, size] = [0, pageSize]
      newer = previous = undefined
      continue
    }
    const same = stalls(store, newer, page)
    // Past its end a server may give its last page again. Any other one has more than it gives.
    if (same && !(page.total > 0 && page.total <= number * size))
      lost = storeNotReadable('gives the same page for every number: what lies before it cannot be read')
    if (!page.short && !same && !follows(store, position, previous, rows)) {
      if (previous && stepsBack++ > mostStepsBack)
        throw storeNotReadable('changes its ids or its order with every answer')
      await progress.page(!previous && rows.length > 0, -timeOf(store, oldest), end, page.total || Infinity)
      newer = previous ? undefined : page.items
      // What is new meanwhile only moves it further back.
      ;[number, size] = [Math.floor(((number + 1) * size - 1) / pageSize) + (previous ? 0 : 1), pageSize]
      previous = undefined
      continue
    }
    newer = undefined
    if (previous) stepsBack = Math.max(0, stepsBack - 1)
    previous = rows
    yield takeNewRows(pass, rows)
    position.end = page.total
    if (number === 0) break
    await progress.turn()
    ;[number, size] = newerWindow(number * size, pageSize)
  }
  if (lost) store.lost(lost)
}
