/** The longest time until a flush, in milliseconds: a hidden page draws no frames. */
const longestMs = 250

/** Calls back once, at the next frame of the page, or after 250 ms where no frame comes. Returns what cancels it. */
export function onNextFrame(callback: () => void): () => void {
  let frame: number | undefined
  const cancel = (): void => {
    clearTimeout(timer)
    if (frame !== undefined) cancelAnimationFrame(frame)
  }
  const run = (): void => {
    cancel()
    callback()
  }
  const hasFrames = typeof requestAnimationFrame === 'function'
  const timer = setTimeout(run, hasFrames ? longestMs : 0)
  if (hasFrames) frame = requestAnimationFrame(run)
  return cancel
}
