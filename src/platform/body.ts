import { type ErrorPhase, MesheryError } from '../base/errors.ts'
import type { HttpResponse } from './platform.ts'

/** How much of a refused answer is read, in bytes: enough for every error text. */
export const mostOfBody = 65_536

/** How long the body of a refusal is waited for, in milliseconds: the status alone says most. */
export const bodyWait = 1_000

/** The beginning of a body as text. Afterwards the body is cancelled, so its connection is free. */
export const beginning = async (body: ReadableStream<Uint8Array> | null): Promise<string> => {
  if (body === null) return ''
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  // Cancelling ends a read that is under way; what fails after it no longer matters.
  const cancel = (): void => void reader.cancel().catch(() => {})
  const timer = setTimeout(cancel, bodyWait)
  try {
    while (text.length < mostOfBody) {
      const { done, value } = await reader.read()
      if (done) break
      text += decoder.decode(value, { stream: true })
    }
  } catch {
    // A body that is cut short must not hide the status.
  }
  clearTimeout(timer)
  cancel()
  return text.slice(0, mostOfBody)
}

/** Which body is read. */
interface BodyRead {
  /** For the error: without a query. */
  readonly address: string
  readonly phase: ErrorPhase
  /** The most that is read, in bytes. */
  readonly limit: number
  readonly signal: AbortSignal
  /** Where the bytes are counted as they come. */
  readonly counters?: { receivedBytes: number }
}

/**
 * The whole body as text. Once it exceeds the limit, or the signal aborts, the body is cancelled.
 * @throws MesheryError TOO_LARGE; the reason of the signal; what the body fails with.
 */
export const wholeText = async (
  response: Pick<HttpResponse, 'body' | 'decoder' | 'reader'>,
  { address, phase, limit, signal, counters }: BodyRead,
): Promise<string> => {
  const reader = response.reader?.() ?? response.body?.getReader()
  const decoder = response.decoder?.() ?? new TextDecoder()
  let text = ''
  let size = 0
  try {
    for (;;) {
      const { value } = (await reader?.read()) ?? {}
      signal.throwIfAborted()
      if (!value) return text + decoder.decode()
      size += value.length
      if (counters) counters.receivedBytes += value.length
      if (size > limit) {
        const message = `${address} answers with more than ${limit} bytes (\`limits.messageBytes\`)`
        throw new MesheryError('TOO_LARGE', message, { phase, details: { limit } })
      }
      text += decoder.decode(value, { stream: true })
    }
  } finally {
    // Not awaited: it may never settle, and what fails after the end no longer matters.
    reader?.cancel().catch(() => {})
  }
}
