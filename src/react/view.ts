import type { MesheryError, Status } from '../surface.ts'

/** What every hook shows of its subscription. */
export interface FollowView {
  /** What the subscription is doing. Null while nothing is followed: before the first effect, on a server, and with `skip`. */
  readonly status: Status | null
  /** The error that ended the subscription. Null while it runs, also while it reconnects: then `status.reason` has the reason. */
  readonly error: MesheryError | null
  /** Whether the first value is awaited; for events, whether the starting point is not known yet. */
  readonly isLoading: boolean
  /** Whether there is something to show that may be old, since the server cannot be followed at the moment. */
  readonly isStale: boolean
}

/** A view and the content that it belongs to. */
export interface ContentView<Content> extends FollowView {
  readonly content: Content
}

/** What a view is computed from. */
export interface FollowState<Content> {
  readonly content: Content
  readonly status: Status | null
  readonly error: MesheryError | null
  /** Whether the first value was there, or the starting point known. */
  readonly isLoaded: boolean
}

const isCurrent = (status: Status | null): boolean => status?.state === 'live' || status?.state === 'polling'

/** What hooks show. */
export const viewOf = <Content>({ content, status, error, isLoaded }: FollowState<Content>): ContentView<Content> => ({
  content,
  status,
  error,
  isLoading: !isLoaded && error === null && status?.state !== 'closed',
  isStale: isLoaded && !isCurrent(status),
})
