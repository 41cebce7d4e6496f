/** Writes a line to stdout, as `writeText` does. */
export const writeLine = (line: string, signal: AbortSignal): Promise<void> => writeText(`${line}\n`, signal)

/**
 * Writes to stdout. Resolves when there is room for the next, or the signal aborts: a reader that is slow slows
 * down the command, in place of filling its memory. A stdout that broke aborts the signal.
 */
export function writeText(text: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    if (process.stdout.write(text)) return resolve()
    const done = (): void => {
      process.stdout.off('drain', done)
      signal.removeEventListener('abort', done)
      resolve()
    }
    process.stdout.on('drain', done)
    signal.addEventListener('abort', done)
  })
}
