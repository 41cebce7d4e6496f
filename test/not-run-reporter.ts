import type { Reporter, TestModule } from 'vitest/node'
import { notRunLine } from './needs.ts'

/** Prints one line at the end of a run if tests did not run because a program is missing. */
export class NotRunReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    // `test/sample.ts` is for workers.
    const isFull = process.env['TEST_TIER'] === 'full'
    const seen = modules
      .flatMap((module) => [...module.children.allTests()])
      .map((test) => ({ isSkipped: test.result().state === 'skipped', tags: test.tags }))
      .filter(({ tags }) => isFull || !tags.includes('full'))
    const line = notRunLine(seen)
    if (line !== undefined) console.log(`\n${line}`)
  }
}
