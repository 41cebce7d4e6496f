import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { load } from 'js-yaml'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { copyExample, type Example, linesOf } from './example.ts'
import { runWorkflow, type Workflow } from './workflow.ts'

/** Deploys as `mesheryctl design deploy` does: it ends with 0, and an event reports the result. */
const mesheryctl = `#!/usr/bin/env node
const { argv, env } = process
if (argv.slice(2).join(' ') !== 'design deploy --file design.yaml --source-type Kubernetes Manifest') process.exit(1)
const result = { action: 'deploy', category: 'pattern', severity: env.RESULT, description: 'Deployment of shop: ' + env.RESULT }
const post = (event) => fetch(env.MESHERY_URL + '/api/system/events', {
  method: 'POST',
  headers: { cookie: 'meshery-provider=Meshery; token=' + env.MESHERY_TOKEN },
  body: JSON.stringify({ actedUpon: '5b0f3c52-6d2e-4c9e-8a0e-0d5c2b7f9a11', ...event }),
})
const noise = { action: 'get', category: 'connection', severity: 'error', description: 'Another cluster is away' }
await post(noise)
const { status } = await post(result)
process.exit(status === 201 ? 0 : 1)
`

const auth = { token: 'a-token', provider: 'Meshery' }

async function addMesheryctl({ folder }: Example): Promise<string> {
  const bin = join(folder, 'bin')
  await mkdir(bin)
  await writeFile(join(bin, 'package.json'), '{ "type": "module" }')
  await writeFile(join(bin, 'mesheryctl'), mesheryctl)
  await chmod(join(bin, 'mesheryctl'), 0o755)
  return bin
}

describe('examples/github-action', () => {
  let example: Example
  beforeAll(async () => {
    example = await copyExample('github-action')
  })
  afterAll(() => example[Symbol.asyncDispose]())

  it('passes when the deployment succeeds, and fails when it fails', { timeout: 300_000 }, async () => {
    const failedBefore = { severity: 'error', category: 'pattern', action: 'deploy', createdAt: '2020-01-01T00:00:00Z' }
    await using fake = await startFakeMeshery({ auth, seed: [failedBefore] })
    const path = join(example.folder, '.github/workflows/deploy.yml')
    const workflow = load(await readFile(path, 'utf8')) as Workflow
    const run = async (result: string): ReturnType<typeof runWorkflow> =>
      runWorkflow(workflow, {
        folder: example.folder,
        programs: [bin],
        contexts: { 'vars.MESHERY_URL': fake.url, 'secrets.MESHERY_TOKEN': auth.token },
        env: { RESULT: result },
      })
    const bin = await addMesheryctl(example)

    const passed = await run('success')
    expect(passed.failedStep).toBeUndefined()
    expect(passed.ran).toEqual(['Install', 'Wait for Meshery', 'Deploy', 'Fail if the deployment fails'])
    expect(passed.output).toMatch(/success .*Deployment of shop: success/)

    // Events of the same second as the first run, which ended well, may count for the second one.
    fake.events.clear()
    const failed = await run('error')
    expect(failed.failedStep).toBe('Fail if the deployment fails')
    expect(failed.exitCode).toBe(10)
    expect(failed.ran.at(-1)).toBe('Show what went wrong')
    expect(failed.output).toMatch(/Deployment of shop: error[\s\S]*Deployment of shop: error/)
  })

  it('has a gate that can be tried by the lines of its README', { timeout: 300_000 }, async () => {
    const [install = '', gate = '', ...more] = await linesOf('github-action')
    expect([install, ...more]).toEqual(['npm install'])
    await using fake = await startFakeMeshery()
    await example.run(install)
    const program = example.start(gate, { MESHERY_URL: fake.url })
    await expect.poll(() => fake.stats.requests.some(({ path }) => path === '/api/system/events')).toBe(true)
    fake.events.add({ category: 'pattern', action: 'deploy', severity: 'critical', description: 'No room' })
    await program.prints(/critical .*No room/)
    expect(await program.ended).toBe(10)
  })
})
