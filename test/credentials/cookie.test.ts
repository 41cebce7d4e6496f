import { describe, expect, it } from 'vitest'
import { cookieDate, defaultPath, freshCookie, matchesDomain, matchesPath } from '../../src/credentials/cookie.ts'

const url = 'http://meshery.example.com:9081/api/system/events?page=0'
const now = Date.UTC(2026, 10, 29)

const fresh = (lines: string | readonly string[], from: string = url): string | undefined =>
  freshCookie([lines].flat(), 'token', from, now)

describe('defaultPath', () => {
  it.each([
    ['/', '/'],
    ['', '/'],
    ['api', '/'],
    ['/api', '/'],
    ['/api/', '/api'],
    ['/api/system/events', '/api/system'],
    ['/api/system/events/', '/api/system/events'],
    ['//', '/'],
    ['//a', '/'],
  ])('of %j is %j', (pathname, expected) => expect(defaultPath(pathname)).toBe(expected))
})

describe('matchesPath', () => {
  it.each([
    ['/', '/', true],
    ['/api/system', '/', true],
    ['/api/system', '/api', true],
    ['/api/system', '/api/', true],
    ['/api', '/api', true],
    ['/api', '/api/', false],
    ['/apiary', '/api', false],
    ['/api', '/api/system', false],
    ['/API', '/api', false],
    ['/other', '/api', false],
  ])('a request for %j and the path %j: %j', (pathname, path, expected) =>
    expect(matchesPath(pathname, path)).toBe(expected),
  )
})

describe('matchesDomain', () => {
  it.each([
    ['example.com', 'example.com', true],
    ['meshery.example.com', 'example.com', true],
    ['a.b.example.com', 'example.com', true],
    ['badexample.com', 'example.com', false],
    ['example.com', 'meshery.example.com', false],
    ['example.com', 'com', false],
    ['example.com', 'example.org', false],
    ['example.com', 'example.com.', false],
    ['localhost', 'localhost', true],
    ['meshery.localhost', 'localhost', false],
    ['10.0.0.1', '10.0.0.1', true],
    ['10.0.0.1', '0.0.1', false],
    ['[::1]', '[::1]', true],
  ])('the host %j and the domain %j: %j', (host, domain, expected) =>
    expect(matchesDomain(host, domain)).toBe(expected),
  )
})

describe('cookieDate', () => {
  const expected = Date.UTC(1994, 10, 6, 8, 49, 37)

  it.each([
    'Sun, 06 Nov 1994 08:49:37 GMT',
    'Sunday, 06-Nov-94 08:49:37 GMT',
    'Sun Nov  6 08:49:37 1994',
    '6 nov 1994 8:49:37',
    '08:49:37 06 November 1994',
    'Nov/06/1994;08:49:37',
    'Sun, 06-Nov-1994 08:49:37 GMT+01:00',
    '06 Nov 94 08:49:37',
  ])('reads %j', (text) => expect(cookieDate(text)).toBe(expected))

  it.each([
    ['01 Jan 69 00:00:00', Date.UTC(2069, 0, 1)],
    ['01 Jan 70 00:00:00', 0],
    ['01 Jan 1601 00:00:00', Date.UTC(1601, 0, 1)],
    ['29 Feb 2028 23:59:59', Date.UTC(2028, 1, 29, 23, 59, 59)],
  ])('reads %j as %j', (text, milliseconds) => expect(cookieDate(text)).toBe(milliseconds))

  it.each([
    '',
    'tomorrow',
    '0',
    '1994-11-06T08:49:37Z',
    '06 Nov 1994',
    '08:49:37',
    '32 Jan 2030 00:00:00',
    '0 Jan 2030 00:00:00',
    '30 Feb 2030 00:00:00',
    '01 Jan 1600 00:00:00',
    '01 Jan 2030 24:00:00',
    '01 Jan 2030 00:60:00',
    '01 Jan 2030 00:00:60',
    '01 Jan 2030 00:00',
    '01 Foo 2030 00:00:00',
    '01 Jan 20301 00:00:00',
  ])('%j is not a date', (text) => expect(cookieDate(text)).toBeUndefined())
})

describe('a token that a server sets', () => {
  it.each([
    ['token=new'],
    ['token=new; Path=/'],
    ['token=new; Path=/api'],
    ['token=new; Path=/api/'],
    ['token=new; Path=/api/system/events'],
    ['token=new; path=relative'],
    ['token=new; Path='],
    ['token=new; Path=/other; Path=/'],
    ['token=new; Domain=meshery.example.com'],
    ['token=new; Domain=.example.com'],
    ['token=new; domain=EXAMPLE.COM'],
    ['token=new; Domain='],
    ['token=new; Max-Age=3600'],
    ['token=new; Max-Age=3600; Expires=Thu, 01 Jan 1970 00:00:00 GMT'],
    ['token=new; Max-Age=never'],
    ['token=new; Expires=Fri, 01-Jan-2100 00:00:00 GMT'],
    ['token=new; Expires=never'],
    ['token=new; HttpOnly; SameSite=Strict; Partitioned; Unknown=1'],
    [' token = new ;Path=/'],
    ['token="new"; Path=/'],
  ])('is read from %j', (line) => expect(fresh(line)).toBe('new'))

  it.each([
    ['other=new'],
    ['Token=new'],
    ['xtoken=new'],
    ['token2=new'],
    ['__Host-token=new; Path=/; Secure'],
    ['__Secure-token=new; Secure'],
    ['=new'],
    ['token'],
    ['; token=new'],
    ['token='],
    ['token=""'],
    ['token=a\\b'],
    ['token=a"b'],
    ['token=new; Path=/other'],
    ['token=new; Path=/api/system/graphql'],
    ['token=new; Path=/; Path=/other'],
    ['token=new; Domain=other.example.com'],
    ['token=new; Domain=example.org'],
    ['token=new; Domain=com'],
    ['token=new; Domain=sub.meshery.example.com'],
    ['token=new; Secure'],
    ['token=new; secure=1; Path=/'],
    ['token=new; Max-Age=0'],
    ['token=new; max-age=-1; Path=/'],
    ['token=new; Max-Age=0; Expires=Fri, 01 Jan 2100 00:00:00 GMT'],
    ['token=new; Max-Age=3600; Max-Age=0'],
    ['token=new; Expires=Thu, 01 Jan 1970 00:00:00 GMT'],
    ['token=new; Expires=Sunday, 06-Nov-94 08:49:37 GMT'],
  ])('is ignored in %j', (line) => expect(fresh(line)).toBeUndefined())

  it('may be secure over TLS', () => {
    expect(fresh('token=new; Secure', 'https://meshery.example.com/api/x')).toBe('new')
  })

  it('is the last one of the same path, unless that one deletes it', () => {
    expect(fresh(['token=first; Path=/', 'token=second; Path=/'])).toBe('second')
    expect(fresh(['token=; Path=/; Max-Age=0', 'token=new; Path=/'])).toBe('new')
    expect(fresh(['token=new; Path=/', 'token=; Path=/; Max-Age=0'])).toBeUndefined()
    expect(fresh(['token=new; Path=/', 'token=; Path=/other; Max-Age=0'])).toBe('new')
    expect(fresh(['token=new; Path=/', 'token=stray; Path=/other'])).toBe('new')
  })

  it('is the one of the longest path, which a browser sends first', () => {
    expect(fresh(['token=near; Path=/api/system', 'token=far; Path=/'])).toBe('near')
  })

  it('is absent where a refused token is sent back unchanged and expires at once', () => {
    expect(fresh('token=refused; Path=/; Max-Age=0')).toBeUndefined()
  })
})
