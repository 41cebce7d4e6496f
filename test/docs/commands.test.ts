import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { exitCodes } from '../../src/cli/exit-codes.ts'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { bash, linesOf } from '../cli/program.ts'
import { type StreamWorld, startStreamWorld } from '../nats/stream-world.ts'
import { hasNoNats } from '../relay/nats-server.ts'
import { sampled } from '../sample.ts'
import { fencedBlocks } from './code-blocks.ts'
import { pages } from './pages.ts'
import { liven } from './world.ts'

/** The lines, each with the variables before it that it uses. */
const withVariables = (lines: readonly string[]): string[] =>
  lines.map((line, at) => {
    const set = lines.slice(0, at).filter((one) => line.includes(`$${/^(\w+)=/.exec(one)?.[1]}`))
    return [...set.map((one) => one.replace(/ #.*/, '')), line].join('; ')
  })

const natsAddress = 'nats://localhost:4222'
const followsNats = (line: string): boolean => line.includes(`--from ${natsAddress}`)

/** Lets an error come to the stream now and then, the first one at once. */
function publishing(stream: StreamWorld): AsyncDisposable {
  let isOver = false
  const publish = async (): Promise<void> => {
    while (!isOver) {
      await stream.publish(1, { severity: 'error' })
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }
  const published = publish()
  return {
    async [Symbol.asyncDispose]() {
      isOver = true
      await published
    },
  }
}

/** Each line of a shell, and each command in the text, that calls the program, with its page. */
const commands = [...pages].flatMap(([page, text]) => {
  const shell = fencedBlocks(page, text).filter(({ marks }) => marks[0] === 'sh')
  const lines = shell.flatMap(({ code }) => withVariables(code.replaceAll('\\\n', ' ').split('\n')))
  const inline = [...text.matchAll(/`((?:npx )?meshery-live [a-z][^`]*)`/g)].map(([, line = '']) => line)
  return [...lines.filter((line) => line.includes('meshery-live ')), ...inline]
    .filter((line) => !followsNats(line) || !hasNoNats())
    .map((line) => [page, line] as const)
})

const hasJq = spawnSync('jq', ['--version']).status === 0
const endsByItself = /--once|--count|\bwait\b|\bevents (list|read|remove)\b/
/** What passes or fails as a deployment does. */
const gates = commands.filter(([, line]) => line.includes('--fail-on'))

/** The line of the page; but no port of another program is used, and `jq` does not delay lines, or is left out where it is missing. */
const placed = (line: string): string => {
  const free = line.replace(/--port \d+/, '').replace('fake-server', 'fake-server --port 0')
  return hasJq ? free.replace('| jq ', '| jq --unbuffered ') : free.replace(/ \| jq .*/, '')
}

describe('a command in the documents', () => {
  it('is found', () => {
    expect(commands.filter(([page]) => page === 'README.md').length).toBeGreaterThan(5)
    expect(commands.filter(([page]) => page === 'docs/recipes.md').length).toBeGreaterThan(4)
  })

  it.each(sampled(commands, 1))('in %s does what its page claims: %s', async (_, line) => {
    // `doctor` waits for the first line of a stream.
    await using fake = await startFakeMeshery({ keepAlive: 500 })
    using _world = liven(fake, gates.some(([, gate]) => gate === line) ? 'success' : 'error')
    await using nats = followsNats(line) ? await startStreamWorld() : undefined
    await using _events = nats && publishing(nats)
    const command = placed(line).replace(natsAddress, nats?.server.url ?? natsAddress)
    await using program = bash(command, { MESHERY_URL: fake.url })
    await program.until(() => linesOf(program.stdout()).length > 0)
    if (!endsByItself.test(line)) return
    expect(await program.finished).toMatchObject({ code: 0, stderr: '' })
  })

  it.each(sampled(gates, 1))('in %s fails where the deployment fails: %s', async (_, line) => {
    await using fake = await startFakeMeshery()
    using _world = liven(fake, 'error')
    await using program = bash(placed(line), { MESHERY_URL: fake.url })
    const { code, stdout } = await program.finished
    expect(stdout).toMatch(/^\S+ +error +pattern\/deploy/)
    expect(code).toBe(exitCodes.failed)
  })

  it('gates a deployment in README.md and in a recipe', () => {
    expect(gates.map(([page]) => page).sort()).toEqual(['README.md', 'docs/recipes.md'])
  })
})
