import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = import.meta.dirname

const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.ts') && !file.includes('node_modules'),
)

/** What may fail on a busy machine and the files that may contain it, with what takes its place. */
const hopes: readonly { readonly what: string; readonly pattern: RegExp; readonly allowedIn: readonly string[] }[] = [
  {
    what: 'a fake that is closed so that no server listens at its address (`reservePort`)',
    pattern: /const (\w+) = await startFakeMeshery\([^)]*\)\n\s*await \1\.close\(\)/,
    allowedIn: [],
  },
  {
    what: 'a wait with a limit of its own (`eventually`, `waitUntil`)',
    pattern: /\bvi\.wait(?:For|Until)\(/,
    allowedIn: ['waiting.ts', 'examples/running.ts'],
  },
  {
    what: "a browser that starts within Playwright's limit (`launchChromium`)",
    pattern: /\bchromium\.launch\(/,
    allowedIn: ['browser/chromium.ts'],
  },
  {
    what: "a page that waits as long as Playwright's limit (`openContext`)",
    pattern: /\bbrowser\.new(?:Context|Page)\(/,
    allowedIn: ['browser/chromium.ts'],
  },
]

describe('no test needs a quiet machine', () => {
  it('reads all of them', () => {
    expect(files.length).toBeGreaterThan(300)
  })

  it.each(hopes)('by $what', ({ pattern, allowedIn }) => {
    const others = files.filter((file) => ![...allowedIn, 'busy-machine.test.ts'].includes(file))
    expect(others.filter((file) => pattern.test(readFileSync(join(root, file), 'utf8')))).toEqual([])
  })
})
