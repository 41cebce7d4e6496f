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

  it('has neither its cause nor its stack', () => {
    expect(JSON.stringify(error)).not.toMatch(/secret|errors.test/)
  })
})
