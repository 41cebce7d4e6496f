import type { Notice } from 'meshery-live'

const listeners = new Set<() => void>()
let gaps = 0

/** How often frames may have been lost, for `useSyncExternalStore`. */
export const gapCount = {
  onNotice(notice: Notice): void {
    if (notice.kind !== 'gap') return
    gaps++
    for (const listener of listeners) listener()
  },
  subscribe(listener: () => void): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
  current: (): number => gaps,
}
