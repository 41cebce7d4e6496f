import { describe, expect, test } from 'vitest'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { mesheryctlHome } from '../mesheryctl-home.ts'
import { sampled } from '../sample.ts'
import { linesOf, run } from './in-process.ts'

const provider = 'Meshery'
const token = 'token-of-prod-0123456789'
const otherToken = 'token-of-it-9876543210'
const identity = (text: string): string => JSON.stringify({ token: text, 'meshery-provider': provider })
const nowhere = 'http://127.0.0.1:9'

describe.concurrent('--context', () => {
  test.each([
    ['-c', 'prod'],
    ['--context', 'prod'],
    ['--context', 'PROD'],
  ])('chooses the server and the token: %s %s', async (option, name) => {
    await using fake = await startFakeMeshery({ auth: { provider, token } })
    using files = mesheryctlHome(nowhere, identity(otherToken), { prod: [fake.url, identity(token)] })
    const args = ['contexts', '--once', '--verbose', option, name]
    // The variables may be of another server: they are not read.
    const env = { HOME: files.home, MESHERY_URL: nowhere, MESHERY_TOKEN: otherToken, MESHERY_PROVIDER: 'Layer5' }
    const { code, stderr } = await run(args, env)
    expect(linesOf(stderr)[0]).toMatch(
      new RegExp(`^meshery-live: Meshery (\\S+ )?at ${fake.url} \\(from mesheryctl's context ${name}\\)$`),
    )
    expect(code).toBe(0)
    const cookies = fake.stats.requests.flatMap(({ headers }) => headers.cookie ?? [])
    expect(new Set(cookies)).toEqual(new Set([`meshery-provider=${provider}; token=${token}`]))
  })

  test.each(sampled([['events'], ['controllers'], ['wait', 'server'], ['wait', 'event'], ['doctor']], 2, 'commands'))(
    'that does not exist is an error that names the file and lists the contexts: %s %s',
    async (...command) => {
      using files = mesheryctlHome(nowhere, '', { prod: [nowhere, ''] })
      const { code, stdout, stderr } = await run([...command, '-c', 'gone'], { HOME: files.home })
      expect(linesOf(stderr)).toEqual([
        `meshery-live: ${files.configPath} has no context "gone": it has "it", "prod" (INVALID_OPTION)`,
        '  Choose a context that the file has.',
      ])
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    },
  )

  test('is an error where mesheryctl has no files', async () => {
    const { code, stderr } = await run(['events', '-c', 'prod'])
    expect(stderr).toMatch(/config\.yaml has no context "prod": there is no such file/)
    expect(stderr).toContain('mesheryctl system context create')
    expect(code).toBe(2)
  })

  test('with --url gives its token to that server only if it is that of the context', async () => {
    await using fake = await startFakeMeshery({ auth: { provider, token } })
    await using stranger = await startFakeMeshery({ auth: { provider, token } })
    using files = mesheryctlHome(nowhere, '', { prod: [fake.url, identity(token)] })
    const env = { HOME: files.home }
    const args = ['contexts', '--once', '-c', 'prod']
    expect(await run([...args, '--url', fake.url], env)).toMatchObject({ code: 0 })
    expect(await run([...args, '--url', stranger.url], env)).toMatchObject({ code: 3 })
    expect(stranger.stats.requests.length).toBeGreaterThan(0)
    expect(JSON.stringify(stranger.stats.requests)).not.toContain(token)
  })

  test('for clusters, as it was before, is an error that names --cluster', async () => {
    await using fake = await startFakeMeshery()
    using files = mesheryctlHome(fake.url, '')
    for (const url of [[], ['--url', fake.url]]) {
      const args = ['resources', '--namespace', 'default', '--context', 'kind-prod', '--once', ...url]
      const { code, stderr } = await run(args, { HOME: files.home })
      expect(linesOf(stderr)).toEqual([
        expect.stringContaining('has no context "kind-prod": it has "it" (INVALID_OPTION)'),
        '  --context chooses a context of mesheryctl. To choose clusters, use --cluster. Choose a context that the file has.',
      ])
      expect(code).toBe(2)
    }
    expect(fake.stats.requests).toEqual([])
  })
})

describe.concurrent('a token that has expired', () => {
  test('ends a command with 3, and the error names its file and the login', async () => {
    const expired = `head.${Buffer.from('{"exp":1700000000}').toString('base64url')}.sign`
    await using fake = await startFakeMeshery({ auth: { provider, token } })
    using files = mesheryctlHome(fake.url, identity(expired))
    const { code, stderr } = await run(['contexts', '--once'], { HOME: files.home })
    expect(linesOf(stderr)).toEqual([
      `meshery-live: The token from ${files.tokenPath} expired at 2023-11-14T22:13:20.000Z, and ${fake.url} does not renew it (CREDENTIALS_REFUSED)`,
      '  Log in again (`mesheryctl system login`).',
    ])
    expect(code).toBe(3)
    expect(fake.stats.dials).toEqual([])
  })

  test('is what doctor finds, too', async () => {
    const expired = `head.${Buffer.from('{"exp":1700000000}').toString('base64url')}.sign`
    await using fake = await startFakeMeshery({ auth: { provider, token } })
    using files = mesheryctlHome(fake.url, identity(expired))
    const { code, stdout } = await run(['doctor'], { HOME: files.home })
    expect(stdout).toMatch(/FAILED +credentials .*it\.json expired at 2023-11-14/)
    expect(code).toBe(3)
  })
})
