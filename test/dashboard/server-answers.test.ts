import { describe, expect, test } from 'vitest'
import { listen } from '../platform/http-server.ts'
import { sampled } from '../sample.ts'
import { behindCheck, serveBefore } from './before.ts'
import { serve } from './served.ts'

describe.concurrent('answers', () => {
  test('a redirect is followed neither here nor in the browser', async () => {
    await using elsewhere = await listen((_, response) => response.end('{}'))
    await using pair = await serveBefore((_, response) =>
      response.writeHead(302, { location: `${elsewhere.url}/?planted=planted-code` }).end(),
    )
    const { status, headers, body } = await pair.own.get('/api/application')
    expect([status, headers.location]).toEqual([401, undefined])
    expect(body).not.toContain('planted')
    expect(elsewhere.requests).toEqual([])
  })

  test.each(
    sampled(
      [
        [404, 'text/plain; charset=utf-8', '404 page not found'],
        [500, 'application/json', '{"error":"broken"}'],
        [403, 'text/plain; charset=utf-8', 'not yours'],
        [422, 'application/json', '{"errors":[{"message":"x"}],"data":null}'],
      ],
      1,
      'as it is',
    ),
  )('a %i comes as it is', async (code, type, text) => {
    await using pair = await serveBefore((_, response) => response.writeHead(code, { 'content-type': type }).end(text))
    const { status, headers, body } = await pair.own.get('/api/application')
    expect([status, headers['content-type'], body]).toEqual([code, type, text])
  })

  test('the clock of Meshery and its Retry-After come along, other headers do not', async () => {
    const date = 'Sun, 06 Nov 1994 08:49:37 GMT'
    await using pair = await serveBefore((_, response) => {
      response.sendDate = false
      response.writeHead(429, { date, 'retry-after': '7', 'x-planted': '1', 'access-control-allow-origin': '*' }).end()
    })
    const { headers } = await pair.own.get('/api/application')
    expect(headers).toMatchObject({ date, 'retry-after': '7', 'cache-control': 'no-store' })
    expect(headers).not.toHaveProperty('x-planted')
    expect(headers).not.toHaveProperty('access-control-allow-origin')
  })

  test('a page of Meshery cannot run in the browser, and a script of it is none', async () => {
    await using pair = await serveBefore(({ url }, response) =>
      response
        .setHeader('content-type', url === '/api/application' ? 'text/html' : 'text/javascript')
        .end('<script>alert(1)</script>'),
    )
    const page = await pair.own.get('/api/application')
    expect(page.headers['content-security-policy']).toBe("default-src 'none'; frame-ancestors 'none'; sandbox")
    const script = await pair.own.get('/api/pattern')
    expect(script.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'x-content-type-options': 'nosniff',
    })
  })

  const password = 'planted-password-Zx91uVb77aa'
  const forms: readonly (readonly [string, (secret: string) => string])[] = [
    ['as it is', (secret) => secret],
    ['URL-encoded', encodeURIComponent],
    ['in base64', (secret) => Buffer.from(secret).toString('base64')],
  ]
  test.each(sampled(forms, 2, 'secrets'))('no secret that Meshery sends back %s gets out', async (_, form) => {
    const oauth = Buffer.from(JSON.stringify({ access_token: 'planted-access-8sKq2LmZx91uVb', expiry: '' }))
    const planted = [oauth.toString('base64'), 'planted-access-8sKq2LmZx91uVb', password]
    const text = planted.map(form).join(' ')
    await using meshery = await listen(
      behindCheck(({ url }, response) => {
        response.setHeader('x-planted', text).setHeader('retry-after', text)
        response.setHeader('content-type', `application/json; planted=${encodeURIComponent(text)}`)
        if (url === '/api/pattern') response.statusCode = 500
        if (url === '/api/filter') response.writeHead(302, { location: `/${encodeURIComponent(text)}` })
        if (url === '/api/application') response.statusCode = 401
        // In pieces of one byte, so that every secret comes in pieces.
        for (const byte of Buffer.from(`{"text":"${text}"}`)) response.write(Buffer.of(byte))
        response.end()
      }),
    )
    await using own = await serve({
      url: meshery.url.replace('//', `//user:${password}@`),
      provider: 'Meshery',
      token: oauth.toString('base64'),
    })
    for (const path of ['/api/system/version', '/api/pattern', '/api/filter', '/api/application', '/dashboard.json']) {
      const answer = JSON.stringify(await own.get(path))
      for (const secret of planted) expect(answer, path).not.toContain(form(secret).replace(/=+$/, ''))
    }
  })

  test('a body without secrets comes byte for byte', async () => {
    const body = JSON.stringify({
      text: 'planted-toke planted- \u{1f600} planted-token-8sKq2LmZx91uVb77a'.repeat(5_000),
    })
    await using pair = await serveBefore((_, response) =>
      response.setHeader('content-type', 'application/json').end(body),
    )
    expect((await pair.own.get('/api/pattern')).body).toBe(body)
  })
})
