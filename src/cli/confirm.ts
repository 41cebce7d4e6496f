import { createInterface } from 'node:readline'
import type { CommandContext } from './context.ts'
import { oneLine } from './text.ts'

/** Asks on stderr for a `y` on stdin. Everything else, the end of stdin and a signal are a no. */
export async function confirms(question: string, { stdin, stderr, signal }: CommandContext): Promise<boolean> {
  if (stdin === undefined || signal.aborted) return false
  stderr.writeNow(`${oneLine(question)} [y/N] `)
  const lines = createInterface({ input: stdin })
  return new Promise((resolve) => {
    const end = (answer: string): void => {
      signal.removeEventListener('abort', stop)
      resolve(/^\s*y(es)?\s*$/i.test(answer))
      lines.close()
    }
    const stop = (): void => end('')
    signal.addEventListener('abort', stop)
    lines.once('line', end)
    lines.once('close', stop)
  })
}
