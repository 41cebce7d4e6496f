import { expect, test } from 'vitest'
import { readNatsOptions } from '../../src/nats/nats-settings.ts'

const loginIn = (servers: string) => {
  const { connection, secrets } = readNatsOptions({ servers }, 'a test')
  const { user, pass, token } = connection
  return { login: { user, pass, token }, secrets }
}

test.each([
  ['a user and a password', 'nats://me:p%40ss@nats', { user: 'me', pass: 'p@ss' }, ['p@ss']],
  ['a token', 'nats://t%2Fken@nats', { token: 't/ken' }, ['t/ken']],
  ['a password with a stray `%`', 'nats://me:100%@nats', { user: 'me', pass: '100%' }, ['100%']],
])('%s of an address are decoded, and secret', (_, servers, login, secrets) => {
  expect(loginIn(servers)).toEqual({ login, secrets })
})

test('an address is named without its login', () => {
  expect(readNatsOptions({ servers: ['nats://me:secret@one:1', 'nats://two'] }, 'a test').name).toBe('nats://one:1,two')
})
