// Each command once as a process: what it prints, and its exit code. The rest is tested in the process.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { liven } from '../docs/world.ts'
import { someClaims } from '../sample.ts'
import { linesOf, type Running, run, start } from './program.ts'

/** The demo takes 15 s, in which it mostly waits: it runs beside the other commands. */
let demo: Running
beforeAll(() => {
  demo = start(['demo'])
})
afterAll(() => demo[Symbol.asyncDispose]())

// One waits beside another.
test.concurrent.each([
  ['events --since 1h --count 1', /pattern\/deploy +Event 1$/m],
  ['events --tail 5 --min-severity WARNING --once', /pattern\/deploy/],
  ['events list', /pattern\/deploy +Event \d+$/m],
  ['events read --all', /^\d+ events? marked as read\n$/],
  ['events remove --search nothing --yes', /^0 events deleted\n$/],
  ['controllers --once', /^CLUSTER +CONTROLLER +STATUS/],
  ['profiles --once', /^NAME +ENDPOINTS.*^checkout/ms],
  ['results --profile checkout --once', /^NAME +STARTED/],
  ['configuration --once', /^NAME +KIND.*design/s],
  ['designs --once', /^NAME +VISIBILITY.*private/s],
  ['resources --namespace default --once', /^CLUSTER +KIND +COUNT/],
  ['contexts --once -o json', /^\{"/],
  ['models --once', /^NAME +COUNT\nistio/],
  ['wait server', /^Meshery v\S+ answers at/],
  ['doctor --provider None', /meshery-live will use SSE/],
  ['wait controller OPERATOR=DEPLOYED,DEPLOYING', /OPERATOR/],
  ['wait event --since 1h', /Event 1$/m],
])('%s prints what there is and ends with 0', async (command, said) => {
  await using fake = await startFakeMeshery({
    // `doctor` waits for the first line of a stream.
    keepAlive: 500,
    seed: [{ category: 'pattern', action: 'deploy', description: 'Event 1' }],
  })
  using _world = liven(fake)
  const { code, stdout, stderr } = await run(command.split(' '), { MESHERY_URL: fake.url })
  expect(stdout).toMatch(said)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
})

test('fake-server serves until a signal ends it', async () => {
  await using program = start(['fake-server', '--release', 'v0.8', '--port', '0'])
  await program.until(() => program.stdout().includes('\n'))
  const [url = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(program.stdout()) ?? []
  expect(await (await fetch(`${url}/api/system/version`)).json()).toMatchObject({
    build: expect.stringMatching(/^v0\.8\./),
  })
  program.child.kill('SIGINT')
  expect(await program.finished).toMatchObject({ code: 130, stderr: '' })
})

test('completion prints a script', async () => {
  const { code, stdout } = await run(['completion', 'bash'])
  expect(stdout).toContain('complete -F _meshery_live meshery-live')
  expect(code).toBe(0)
})

someClaims(1, 'without a command', (it) => {
  it('the version is that of the package', async () => {
    const version = await run(['--version'])
    expect(version).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), stderr: '' })
  })

  it('wrong usage ends with 2', async () => {
    const wrong = await run(['evnts'])
    expect(linesOf(wrong.stderr)).toHaveLength(2)
    expect(wrong).toMatchObject({ code: 2, stdout: '' })
  })
})

test('demo shows every transport and loses nothing', async () => {
  const { code, stdout, stderr } = await demo.finished
  expect(stdout).toMatch(/live over websocket.*waiting: .*gap of .*live over sse.*polling: /s)
  const [, stored, delivered] =
    /(\d+) events were stored and (\d+) delivered: each once and in order/.exec(stdout) ?? []
  expect(Number(stored)).toBeGreaterThan(10)
  expect(delivered).toBe(stored)
  for (const change of [
    'context k8s-dev added: Kubernetes v1.31.4',
    'MESHSYNC of k8s-dev updated: RUNNING',
    'MESHSYNC of k8s-prod added: RUNNING',
    'context k8s-dev updated: Kubernetes v1.32.1',
    'context k8s-prod removed: ',
    'MESHSYNC of k8s-prod removed: ',
  ])
    expect(stdout).toContain(`  ${change}`)
  expect(stdout).toContain('Contexts and controllers ended as they are on the server.')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
})
