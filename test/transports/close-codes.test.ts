import { describe, expect, it } from 'vitest'
import { errorKinds } from '../../src/base/errors.ts'
import { errorOfClose } from '../../src/transports/close-codes.ts'

describe('a close of the WebSocket by the server', () => {
  it.each([
    [1000, 'CONNECTION_LOST', true],
    [1001, 'CONNECTION_LOST', true],
    [1002, 'CONNECTION_LOST', true],
    [1005, 'CONNECTION_LOST', true],
    [1006, 'CONNECTION_LOST', true],
    [1011, 'CONNECTION_LOST', true],
    [4400, 'CONNECTION_LOST', true],
    [4401, 'CREDENTIALS_REFUSED', false],
    [4403, 'CREDENTIALS_REFUSED', false],
    [4408, 'CONNECTION_LOST', true],
    [4429, 'CONNECTION_LOST', true],
  ])('with %i is %s', (closeCode, code, isRetryable) => {
    expect([errorOfClose(closeCode), errorKinds[errorOfClose(closeCode)].retryable]).toEqual([code, isRetryable])
  })
})
