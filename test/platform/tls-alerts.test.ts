import { describe, expect, it } from 'vitest'
import { nodeNetworkError } from '../../src/platform/tls-alerts.ts'

const address = 'https://meshery.example.com'

const refusal = (text: string, alert: number): Error =>
  Object.assign(
    new Error(`800C:error:0A00045C:SSL routines:read:${text}:../rec_layer_s3.c:1601:SSL alert number ${alert}`),
    {
      code: 'ERR_SSL_ALERT',
    },
  )

describe('an alert of TLS', () => {
  it.each([
    ['tlsv13 alert certificate required', 116, /`tls\.cert`/],
    ['sslv3 alert handshake failure', 40, /`tls\.cert`.* shares no cipher/],
    ['tlsv1 alert unknown ca', 48, /`tls\.cert`/],
    ['tlsv1 alert protocol version', 70, /TLS 1\.2/],
    ['tlsv1 unrecognized name', 112, /`tls\.servername`/],
    ['tlsv1 alert internal error', 80, /NODE_EXTRA_CA_CERTS/],
  ])('is named, with a remedy: %s', (text, alert, remedy) => {
    const error = nodeNetworkError(refusal(text, alert), 'tcp', address)
    expect(error).toMatchObject({ code: 'TLS_REFUSED', phase: 'tls', remedy: expect.stringMatching(remedy) })
  })

  it('is reported without the words of OpenSSL', () => {
    const error = nodeNetworkError(refusal('tlsv13 alert certificate required', 116), 'tcp', address)
    expect(error.message).toBe(`${address}: the server refuses the TLS handshake: certificate required (alert 116)`)
    expect(error.details).toMatchObject({ alert: 116 })
  })

  it('leaves every other error as it is', () => {
    const error = nodeNetworkError(Object.assign(new Error('no route'), { code: 'EHOSTUNREACH' }), 'tcp', address)
    expect(error).toMatchObject({ code: 'UNREACHABLE', message: `${address}: no route` })
  })
})
