#!/usr/bin/env node
import { type SignalName, signalCodes } from './io.ts'
import { openInBrowser } from './open-in-browser.ts'
import { run } from './run.ts'

const names: readonly SignalName[] = ['SIGINT', 'SIGTERM']
let signals = 0
for (const name of names)
  process.on(name, () => {
    signals++
    process.exitCode = signalCodes[name]
    // The first one ends the command, whose output may drain. The second one does not wait for that.
    if (signals > 1) process.exit()
  })

process.exitCode = await run(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  // Only a command that asks opens it.
  get stdin() {
    return process.stdin
  },
  env: process.env,
  signals: process,
  openInBrowser,
  now: () => Date.now(),
})
