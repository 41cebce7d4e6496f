/** How much of a refused answer is read, in bytes: enough for every error text. */
export const mostOfBody = 65_536

/** How long a refused answer may take to say more, in milliseconds: its status alone tells most. */
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
    // A body that is cut short does not hide what its status says.
  }
  clearTimeout(timer)
  cancel()
  return text.slice(0, mostOfBody)
}
