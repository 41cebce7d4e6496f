import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { locateCursor, readNewRows } from '../../src/events/store-reader.ts'
import { never, ScriptedStore, storeOn } from './scripted-store.ts'
import { turn } from './scripted-stream.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('looks for the number of the first page again where each second page does not follow on: the server is another one', async () => {
  let first = 1
  const place = (from: number, size: number): number => Math.max(0, from - first * size)
  const server = new ScriptedStore({ most: 29, place })
  server.append(183)
  const store = storeOn(server)
  const cursor = await locateCursor(store, { from: 'now' }, never)
  const found: string[] = []
  const read = async (): Promise<void> => {
    for await (const page of readNewRows(store, cursor, never)) found.push(...page.map(({ name }) => name))
  }
  server.append(40)
  void read()
  await turn(5_000)
  expect(found).toHaveLength(40)
  first = 0
  server.append(94)
  void read()
  await turn(5_000)
  expect(found).toEqual(server.rows.slice(183).map(({ name }) => name))
})
