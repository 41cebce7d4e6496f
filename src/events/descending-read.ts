import type { MesheryError } from '../base/errors.ts'
import { newerWindow, type PageWindow } from './page-window.ts'
import { type ReadPass, repeats, timeOf } from './read-pass.ts'
import { storeNotReadable } from './read-progress.ts'
import type { Page } from './store.ts'

/** Which page a descending read asks for next. */
interface Plan<Item> {
  window: PageWindow
  pageSize: number
  /** The page before, on the way back. */
  newer: readonly Item[] | undefined
}

/** Reads in descending order, for servers without another: goes back to a covered row, then forward to the newest. */
export async function* readDescending<Item>(pass: ReadPass<Item>): AsyncGenerator<readonly Item[], void> {
  const { store, cursor, progress } = pass
  const { pageSize } = store
  const plan: Plan<Item> = { window: [0, pageSize], pageSize, newer: undefined }
  let lost: MesheryError | undefined
  for (;;) {
    const [number, size] = plan.window
    const offset = number * size
    const page = await pass.page(plan.window, 'desc')
    const rows = page.items.toReversed()
    const isCapped = await startsAgain(pass, plan, page)
    if (isCapped) continue
    const isSame = repeats(store, plan.newer, page)
    // Past its end a server may give its last page again. Elsewhere, it has more rows than it gives.
    if (isSame && !(page.total > 0 && page.total <= offset))
      lost = storeNotReadable('gives the same page for every number: what lies before it cannot be read')
    if (!page.short && !isSame && !pass.follows(rows)) {
      await goBack(pass, plan, page)
      continue
    }
    plan.newer = undefined
    yield pass.take(rows)
    cursor.end = page.total
    if (number === 0) break
    await progress.turn()
    plan.window = newerWindow(offset, plan.pageSize)
  }
  if (lost) store.lost(lost)
}

/** Whether the page is short only because the server gives fewer rows than asked for: then all pages lie elsewhere. */
async function startsAgain<Item>(pass: ReadPass<Item>, plan: Plan<Item>, page: Page<Item>): Promise<boolean> {
  const { store, cursor, signal } = pass
  const oldest = page.items.at(-1)
  if (!page.short || page.total >= page.count || oldest === undefined || cursor.coversRow(oldest)) return false
  const isCapped = await store.isCapped(plan.window[1], 'desc', signal)
  if (!isCapped) return false
  plan.pageSize = store.pageSize
  plan.window = [0, plan.pageSize]
  plan.newer = undefined
  return true
}

/** Rows may lie before this page. */
async function goBack<Item>(pass: ReadPass<Item>, plan: Plan<Item>, page: Page<Item>): Promise<void> {
  const [number, size] = plan.window
  const wasForward = pass.previous !== undefined
  if (wasForward) pass.stepBack()
  const end = number * size + page.count
  const oldestAt = timeOf(pass.store, page.items.at(-1))
  await pass.progress.page(!wasForward && page.items.length > 0, -oldestAt, end, page.total || Infinity)
  plan.newer = wasForward ? undefined : page.items
  // Rows that are stored meanwhile only move the wanted page further back.
  const sameRows = Math.floor(((number + 1) * size - 1) / plan.pageSize)
  plan.window = [wasForward ? sameRows : sameRows + 1, plan.pageSize]
}
