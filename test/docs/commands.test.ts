import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { bash, linesOf } from '../cli/program.ts'
import { fencedBlocks } from './code-blocks.ts'
import { pages } from './pages.ts'
import { liven } from './world.ts'

/** Each line of a shell, and each command in the text, that calls the program: with the page it stands on. */
const commands = [...pages].flatMap(([page, text]) => {
  const shell = fencedBlocks(page, text).filter(({ marks }) => marks[0] === 'sh')
  const lines = shell.flatMap(({ code }) => code.replaceAll('\\\n', ' ').split('\n'))
  const inline = [...text.matchAll(/`((?:npx )?meshery-live [a-z][^`]*)`/g)].map(([, line = '']) => line)
  return [...lines.filter((line) => line.includes('meshery-live ')), ...inline].map((line) => [page, line] as const)
})

const hasJq = spawnSync('jq', ['--version']).status === 0
const endsByItself = /--once|--count|\bwait\b/

/** As it stands there; but nobody else's port is taken, and `jq` does not hold lines back, or is left out where it is missing. */
const placed = (line: string): string => {
  const free = line.replace(/--port \d+/, '--port 0')
  return hasJq ? free.replace('| jq ', '| jq --unbuffered ') : free.replace(/ \| jq .*/, '')
}

describe('a command in the documents', () => {
  it('is found', () => {
    expect(commands.filter(([page]) => page === 'README.md').length).toBeGreaterThan(5)
    expect(commands.filter(([page]) => page === 'docs/recipes.md').length).toBeGreaterThan(4)
  })

  it.each(commands)('in %s does what it is for: %s', async (_, line) => {
    await using fake = await startFakeMeshery()
    using _world = liven(fake)
    await using program = bash(placed(line), { MESHERY_URL: fake.url })
    await program.until(() => linesOf(program.stdout()).length > 0)
    if (!endsByItself.test(line)) return
    expect(await program.finished).toMatchObject({ code: 0, stderr: '' })
  })
})
