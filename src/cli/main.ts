#!/usr/bin/env node
import { type SignalName, signalCodes, signalNames } from './io.ts'
import { openInBrowser } from './open-in-browser.ts'
import { run } from './run.ts'

/**
 * Ends the process by the signal itself, as a program without a listener ends: a shell shows 128 and its number, and systemd counts it
 * as a clean end. Returns where the system does not do that: on Windows, and in the first process of a container.
 */
function endBy(name: SignalName): void {
  process.exitCode = signalCodes[name]
  if (process.platform === 'win32') return
  for (const each of signalNames) process.removeAllListeners(each)
  process.kill(process.pid, name)
}

let first: SignalName | undefined
for (const name of signalNames)
  process.on(name, () => {
    // The first one ends the command, whose output may drain. The second one does not wait for that.
    if (first !== undefined) {
      endBy(name)
      process.exit()
    }
    first = name
    process.exitCode = signalCodes[name]
  })

const code = await run(process.argv.slice(2), {
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
process.exitCode = code
if (first !== undefined && code === signalCodes[first]) endBy(first)
