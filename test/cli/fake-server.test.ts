import { describe, expect, test } from 'vitest'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { linesOf, type Running, run, start } from './in-process.ts'

const addressOf = async (program: Running): Promise<string> => {
  await program.until(() => program.stdout().includes('\n'))
  return /http:\/\/127\.0\.0\.1:\d+/.exec(program.stdout())?.[0] ?? ''
}

describe.concurrent('fake-server', () => {
  test('is the release that was asked for, until it is ended', async () => {
    await using program = start(['fake-server', '--release', 'v0.8', '--port', '0'])
    const response = await fetch(`${await addressOf(program)}/api/system/version`)
    expect(await response.json()).toMatchObject({ build: expect.stringMatching(/^v0\.8\./) })
    program.signal('SIGINT')
    expect(await program.finished).toMatchObject({ code: 130, stderr: '' })
  })

  test('adds events every so often', async () => {
    await using program = start(['fake-server', '--port', '0', '--every', '50ms'])
    const args = ['events', '--url', await addressOf(program), '--count', '3', '-o', 'json']
    const { code, stdout } = await run(args)
    expect(code).toBe(0)
    expect(stdout.trimEnd().split('\n')).toHaveLength(3)
  })

  test('has something of every kind to show', async () => {
    await using program = start(['fake-server', '--port', '0', '--release', 'v1.0'])
    const url = await addressOf(program)
    const commands = ['controllers', 'profiles', 'configuration', 'resources --namespace default', 'contexts', 'models']
    for (const command of commands) {
      const { code, stdout } = await run([...command.split(' '), '--once', '--url', url])
      expect(linesOf(stdout).length, command).toBeGreaterThan(2)
      expect(code).toBe(0)
    }
  })

  test('changes something every so often', async () => {
    await using program = start(['fake-server', '--port', '0', '--every', '100ms', '--release', 'v0.8'])
    const url = await addressOf(program)
    const statuses = ['controllers', '--count', '3', '--url', url]
    expect((await run(statuses)).stdout).toMatch(/MESHSYNC +DEPLOYING/)
    expect(await run(['resources', '--namespace', 'default', '--count', '3', '--url', url])).toMatchObject({ code: 0 })
  })

  test('lets in only who has the token', async () => {
    await using program = start(['fake-server', '--port', '0', '--token', 'secret', '--every', '50ms'])
    const url = await addressOf(program)
    const env = { MESHERY_URL: url, MESHERY_PROVIDER: 'Meshery' }
    expect(await run(['events', '--count', '1'], { ...env, MESHERY_TOKEN: 'wrong' })).toMatchObject({ code: 3 })
    expect(await run(['events', '--count', '1'], { ...env, MESHERY_TOKEN: 'secret' })).toMatchObject({ code: 0 })
  })

  test('says so when the port is taken', async () => {
    await using fake = await startFakeMeshery()
    const { code, stderr } = await run(['fake-server', '--port', `${fake.port}`])
    expect(stderr).toContain(`meshery-live: Port ${fake.port} is taken; --port`)
    expect(code).toBe(1)
  })
})
