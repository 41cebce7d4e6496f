import { describe, expect, it } from 'vitest'
import { MesheryError } from '../../src/base/errors.ts'

describe('an error as JSON', () => {
  const cause = new Error('a text that may be secret')
  const error = new MesheryError('CONNECTION_LOST', 'http://a: it broke', { phase: 'stream', cause })

  it('has its message, and what is stable for programs', () => {
    expect(JSON.parse(JSON.stringify({ reason: error })).reason).toEqual({
      name: 'MesheryError',
      message: 'http://a: it broke',
      code: 'CONNECTION_LOST',
      phase: 'stream',
      retryable: true,
      remedy: error.remedy,
      details: {},
    })
  })

  it('has its message however many errors there were before', () => {
    const texts = Array.from({ length: 1_000 }, (_, index) => {
      const init = { phase: 'stream', ...(index % 2 && { cause }) } as const
      return JSON.stringify(new MesheryError('CONNECTION_LOST', 'it broke', init))
    })
    expect(texts.findIndex((text) => !text.includes('it broke'))).toBe(-1)
  })

  it('has neither its cause nor its stack', () => {
    expect(JSON.stringify(error)).not.toMatch(/secret|errors.test/)
  })
})
