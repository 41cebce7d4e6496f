import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { ProcessHold } from '../../src/platform/process-hold.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

it('holds the process by one timer until the last one lets go', () => {
  const process = new ProcessHold()
  const [first, second] = [process.hold(), process.hold()]
  expect(vi.getTimerCount()).toBe(1)
  first()
  expect(vi.getTimerCount()).toBe(1)
  second()
  expect(vi.getTimerCount()).toBe(0)
})

it('counts each that lets go once', () => {
  const process = new ProcessHold()
  const [first, second] = [process.hold(), process.hold()]
  first()
  first()
  expect(vi.getTimerCount()).toBe(1)
  second()
  expect(vi.getTimerCount()).toBe(0)
})

it('holds the process again after all have let go', () => {
  const process = new ProcessHold()
  process.hold()()
  const letGo = process.hold()
  expect(vi.getTimerCount()).toBe(1)
  letGo()
  expect(vi.getTimerCount()).toBe(0)
})
