import { useCallback, useSyncExternalStore } from 'react'
import type { FollowListener, FollowSource } from './follow-source.ts'
import type { SharedSubscriptions } from './shared-subscriptions.ts'
import { type ContentView, viewOf } from './view.ts'

/** What a hook follows. */
export interface SharedArguments<Item, Content> {
  readonly subscriptions: SharedSubscriptions<Item, Content>
  /** Equal for hooks that share a subscription. */
  readonly key: string
  /** Whether nothing is followed. */
  readonly skip: boolean
  readonly source: FollowSource<Item, Content>
  /** The same object at each render. */
  readonly listener?: Omit<FollowListener<Item>, 'changed'>
}

const doNothing = (): void => {}

/** Views of hooks that follow nothing, by their empty content: the same object each time. */
export interface IdleViews<Content> {
  /** Before the first effect and on a server. */
  readonly loading: ContentView<Content>
  readonly skipped: ContentView<Content>
}

/** The views of a stream that is not followed. */
export const idleViews = <Content>(content: Content): IdleViews<Content> => {
  const loading = viewOf({ content, status: null, error: null, isLoaded: false })
  return { loading, skipped: { ...loading, isLoading: false } }
}

/** Follows what hooks with the same key share, while the component is mounted. */
export function useShared<Item, Content>(
  { subscriptions, key, skip, source, listener }: SharedArguments<Item, Content>,
  idle: IdleViews<Content>,
): { readonly view: ContentView<Content>; readonly retry: () => void } {
  const subscribe = useCallback(
    (changed: () => void) => (skip ? doNothing : subscriptions.listen(key, source, { ...listener, changed })),
    [subscriptions, key, skip, source, listener],
  )
  const idleView = skip ? idle.skipped : idle.loading
  const view = useSyncExternalStore(
    subscribe,
    () => (skip ? idleView : (subscriptions.view(key) ?? idleView)),
    () => idleView,
  )
  const retry = useCallback(() => subscriptions.retry(key), [subscriptions, key])
  return { view, retry }
}
