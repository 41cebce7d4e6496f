import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { run } from './in-process.ts'

describe('doctor', () => {
  it('prints each step and the verdict, and ends with 0 if a transport works', async () => {
    await using fake = await startFakeMeshery({ release: 'v1.0' })
    const { code, stdout } = await run(['doctor', '--url', fake.url, '--provider', 'None'])
    expect(stdout).toMatch(/^ok +configuration +\d+ ms {2}http/)
    expect(stdout).toMatch(/\nok +websocket +\d+ ms {2}Upgrade/)
    expect(stdout).toMatch(/\nWebSocket works; meshery-live will use WebSocket\.\n$/)
    expect(code).toBe(0)
  })

  it('prints JSON with every step', async () => {
    await using fake = await startFakeMeshery({ keepAlive: 100 })
    const { code, stdout } = await run(['doctor', '--url', fake.url, '--provider', 'None', '-o', 'json'])
    expect(JSON.parse(stdout)).toMatchObject({ url: fake.url, transport: 'sse' })
    expect(code).toBe(0)
  })

  it('ends with 3 if the credentials are refused, and does not show the token', async () => {
    await using fake = await startFakeMeshery({ auth: { token: 'right', provider: 'Meshery' } })
    const login = ['--token', 'wr0ng-secret-token', '--provider', 'Meshery']
    const { code, stdout, stderr } = await run(['doctor', '--url', fake.url, ...login])
    expect(code).toBe(3)
    expect(stdout).toContain('FAILED   credentials')
    expect(stdout + stderr).not.toContain('wr0ng-secret')
  })

  it('ends with 4 if the server is not reached', async () => {
    const { code, stdout } = await run(['doctor', '--url', 'http://nowhere.invalid'])
    expect(code).toBe(4)
    expect(stdout).toMatch(/FAILED +dns/)
  })

  it('prints the facts of each step below it with -v', async () => {
    await using fake = await startFakeMeshery({ release: 'v1.0' })
    const { stdout } = await run(['doctor', '-v', '--url', fake.url, '--provider', 'None'])
    const [, facts = ''] = /^ok +server .*\n {34}(\{.*\})$/m.exec(stdout) ?? []
    expect(JSON.parse(facts)).toMatchObject({ release: 'v1.0.36' })
    expect(stdout).not.toContain('{}')
  })

  it('has no option to wait for the server: it says at once what is wrong', async () => {
    const { code, stderr } = await run(['doctor', '--wait-for-server', '--url', 'http://127.0.0.1:9'])
    expect(stderr).toContain('Unknown option')
    expect(code).toBe(2)
  })

  it('names the options of the command line, and ends its verdict with one period', async () => {
    const { stdout } = await run(['doctor', '--url', 'http://127.0.0.1:9'])
    expect(stdout).toMatch(/^ok +configuration .* from `?--url/)
    expect(stdout).toMatch(/check --url\.\n/)
    expect(stdout).not.toMatch(/\.\.|`url`/)
  })
})

describe('options of the network', () => {
  const file = (name: string, text: string): string => {
    const path = join(mkdtempSync(join(tmpdir(), 'meshery-live-')), name)
    writeFileSync(path, text)
    return path
  }

  it.each([
    ['a file that is missing', ['--ca-file', '/nowhere/ca.pem'], /--ca-file .* where there is no file/],
    ['a certificate without a key', ['--client-cert', file('cert.pem', 'x')], /belong together/],
    ['a proxy that is none', ['--proxy', 'socks5://x'], /no address of an HTTP proxy/],
    ['a certificate authority that is none', ['--ca-file', file('ca.pem', 'x')], /no certificate/],
  ])('%s is an error', async (_, options, message) => {
    const { code, stderr } = await run(['events', '--url', 'https://127.0.0.1:9', '--once', ...options])
    expect(stderr).toMatch(message)
    expect(code).not.toBe(0)
  })

  it('a proxy that is down is named by its option', async () => {
    const args = ['events', '--once', '--url', 'http://meshery.invalid', '--proxy', 'http://127.0.0.1:9']
    const { code, stderr } = await run(args)
    expect(stderr).toMatch(/The proxy http:\/\/127\.0\.0\.1:9: .*\(--proxy\)/)
    expect(stderr).toContain('Check the proxy in --proxy')
    expect(code).toBe(4)
  })

  it('`--proxy none` uses none, whatever the environment says', async () => {
    await using fake = await startFakeMeshery()
    const env = { HTTP_PROXY: 'http://127.0.0.1:9' }
    const { code } = await run(['wait', 'server', '--url', fake.url, '--proxy', 'none', '--timeout', '100s'], env)
    expect(code).toBe(0)
  })
})
