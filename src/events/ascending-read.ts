import { firstWindow, nextWindow, type PageWindow } from './page-window.ts'
import { type ReadPass, repeats, timeOf } from './read-pass.ts'
import type { Page, Store } from './store.ts'

/** Which page an ascending read asks for next. */
interface Plan<Item> {
  window: PageWindow
  readonly pageSize: number
  /** How far the next step back goes, in rows. */
  stepRows: number
  /** The offset of the nearest page that does not begin with a covered row, while one is looked for. */
  uncovered: number | undefined
  /** The next page, which was asked for while this one is delivered. */
  ahead: Promise<Page<Item>> | undefined
}

/**
 * Reads in ascending order: goes back to a covered row, then forward to the end. Returns false if the server does not keep
 * to the order, or gives the same page again: it may have more on its first page.
 */
export async function* readAscending<Item>(pass: ReadPass<Item>): AsyncGenerator<readonly Item[], boolean> {
  const { store, cursor } = pass
  const { pageSize } = store
  const window = firstWindow(cursor.end, pageSize)
  const plan: Plan<Item> = { window, pageSize, stepRows: pageSize, uncovered: undefined, ahead: undefined }
  let maxEnd: number | undefined
  for (;;) {
    const [number, size] = plan.window
    const page = await pass.page(plan.window, 'asc', plan.ahead)
    plan.ahead = undefined
    if (descends(store, page) || repeats(store, pass.previous, page)) {
      store.ascends = false
      return false
    }
    // A total below what was read before is not trusted.
    maxEnd ??= page.total < cursor.end ? Infinity : page.total
    const offset = number * size
    if (offset > 0 && !pass.follows(page.items)) {
      await gallopBack(pass, plan, offset)
      continue
    }
    const isTooFarBack = await searchForward(pass, plan, offset)
    if (isTooFarBack) continue
    const end = offset + page.count
    if (!page.short) await prefetch(pass, plan, page)
    yield pass.take(page.items)
    // Rows that come late while this reads lie near the end that it found at first: the next read begins there.
    cursor.end = Math.min(end, maxEnd)
    if (!plan.ahead) return true
  }
}

/** The page begins with no covered row: goes back, twice as far each time. */
async function gallopBack<Item>(pass: ReadPass<Item>, plan: Plan<Item>, offset: number): Promise<void> {
  pass.stepBack()
  await pass.progress.page(false, 0, offset, pass.total)
  const { pageSize } = plan
  plan.uncovered = offset
  plan.window = [Math.floor(Math.max(0, offset - plan.stepRows) / pageSize), pageSize]
  plan.stepRows *= 2
}

/**
 * The page begins with a covered row. If it went far back for it, finds the last such page by binary search. Returns
 * whether that one is read instead.
 */
async function searchForward<Item>(pass: ReadPass<Item>, plan: Plan<Item>, offset: number): Promise<boolean> {
  const { pageSize, uncovered } = plan
  plan.uncovered = undefined
  if (uncovered !== undefined && uncovered - offset > 3 * pageSize) {
    let low = Math.floor(offset / pageSize)
    let high = Math.ceil(uncovered / pageSize)
    while (high - low > 1) {
      const middle = (low + high) >> 1
      const { items } = await pass.page([middle, pageSize], 'asc')
      const isCovered = items[0] !== undefined && pass.cursor.coversRow(items[0])
      if (isCovered) low = middle
      else high = middle
    }
    const number = low - 1
    if (number * pageSize > offset) {
      plan.window = [number, pageSize]
      return true
    }
  }
  plan.stepRows = pageSize
  return false
}

/** Asks for the next page while this one is delivered. An error waits until the reader comes for it. */
async function prefetch<Item>(pass: ReadPass<Item>, plan: Plan<Item>, page: Page<Item>): Promise<void> {
  const [number, size] = plan.window
  const end = number * size + page.count
  await pass.progress.page(page.items.length > 0, timeOf(pass.store, page.items.at(-1)), end, page.total)
  plan.window = nextWindow(end, plan.pageSize)
  plan.ahead = pass.ask(plan.window, 'asc')
  plan.ahead.catch(() => {})
}

/** Whether a page that was asked for in ascending order is not, or cannot be placed for want of a total. */
function descends<Item>({ stream: { at } }: Store<Item>, { items, total, count }: Page<Item>): boolean {
  const [first, last] = [items[0], items.at(-1)]
  if (first === undefined || last === undefined) return false
  return total < count || Date.parse(at(first) ?? '') > Date.parse(at(last) ?? '')
}
