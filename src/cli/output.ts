/**
 * Writes a line to stdout. Resolves when there is room for the next, or the signal aborts: a reader that is slow slows
 * down the command, in place of filling its memory. A stdout that broke aborts the signal.
 */
export function writeLine(line: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    if (process.stdout.write(`${line}\n`)) return resolve()
    const done = (): void => {
      process.stdout.off('drain', done)
      signal.removeEventListener('abort', done)
      resolve()
    }
    process.stdout.on('drain', done)
    signal.addEventListener('abort', done)
  })
}
