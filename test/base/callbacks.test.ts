import { describe, expect, it } from 'vitest'
import { readPredicateAnswer } from '../../src/base/callbacks.ts'
import { readEventsArguments } from '../../src/client/events-arguments.ts'
import { MesheryError, type MesheryEvent } from '../../src/index.ts'

describe('the result of a filter function', () => {
  it('passes only when it is true', () => {
    expect([true, 1, 'x', {}, null, undefined, false].map((one) => readPredicateAnswer('where', one))).toEqual([
      true,
      ...Array.from({ length: 6 }, () => false),
    ])
  })

  it('fails when it is a promise, also one that rejects', async () => {
    const where: unknown = () => Promise.reject(new Error('late'))
    const given = { where } as Parameters<typeof readEventsArguments>[0]
    const call = (): unknown => readEventsArguments(given).accepts({} as MesheryEvent)
    expect(call).toThrow(MesheryError)
    expect(call).toThrow(
      expect.objectContaining({ code: 'CALLBACK_FAILED', remedy: expect.stringContaining('synchronous') }),
    )
    await new Promise(setImmediate)
  })
})
