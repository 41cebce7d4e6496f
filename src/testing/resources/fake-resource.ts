import type { FieldSource } from '../graphql/field-source.ts'
import type { RouteAnswer } from '../network/http-reply.ts'
import type { ReleaseProfile } from '../releases/release-profile.ts'

/** A GET request, as a route receives it. */
export interface RouteRequest {
  readonly url: URL
  readonly query: URLSearchParams
  /** The texts that the groups of the route's path matched. */
  readonly groups: readonly string[]
}

interface RoutePath {
  /** A path, or a pattern of a whole path. */
  readonly path: string | RegExp
  /** Whether a release has the route. Default: every release. */
  readonly on?: (releaseProfile: ReleaseProfile) => boolean
}

/** A REST read. Its answer is decided when the request arrives; faults may delay or replace it. */
export interface Route extends RoutePath {
  /** Whether the route needs no credentials. Default: it needs them. */
  readonly open?: boolean
  readonly answer: (request: RouteRequest) => RouteAnswer
}

/** An SSE stream. */
export interface StreamRoute extends RoutePath {
  /** Starts once the headers are sent. `send` sends one message. Returns a function that stops it. */
  readonly begin: (request: RouteRequest, send: (value: unknown) => void) => () => void
}

/** One kind of live data: what it serves over GraphQL, REST and SSE. */
export interface FakeResource {
  /** The server process ended: what it kept only in memory is gone. */
  ended?(): void
  /** By root field. The schema decides which of them the present release has. */
  readonly sources?: Readonly<Record<string, FieldSource>>
  readonly routes?: readonly Route[]
  readonly streams?: readonly StreamRoute[]
}

/** The first route of a release that matches a path, and the texts of its groups. Undefined when none matches. */
export function findRoute<Found extends RoutePath>(
  routes: readonly Found[],
  path: string,
  releaseProfile: ReleaseProfile,
): { readonly route: Found; readonly groups: readonly string[] } | undefined {
  for (const route of routes) {
    if (route.on && !route.on(releaseProfile)) continue
    if (route.path === path) return { route, groups: [] }
    const match = typeof route.path === 'string' ? null : route.path.exec(path)
    if (match?.[0] === path) return { route, groups: match.slice(1).map((group) => group ?? '') }
  }
  return undefined
}
