import type { Gatekeeper } from './auth.ts'
import type { Channels } from './channels.ts'
import type { Connections } from './connections.ts'
import type { Manners } from './release.ts'
import type { Source } from './resolvers.ts'
import type { Script } from './script.ts'
import type { Book } from './stats.ts'
import type { Timers } from './timers.ts'

/** What a part of the world may look at. */
export interface Surroundings {
  /** Those of the present release: another one after `become`, so they are looked at anew each time. */
  readonly manners: Manners
  readonly clock: () => number
  /** Milliseconds between two keep-alive comments of an SSE stream. */
  readonly keepAlive: number
  readonly script: Script
  readonly timers: Timers
  readonly book: Book
  readonly gatekeeper: Gatekeeper
  readonly channels: Channels
  readonly connections: Connections
}

/** One request, as a part sees it. */
export interface Ask {
  readonly url: URL
  readonly query: URLSearchParams
  /** What the groups of the route's path caught. */
  readonly groups: readonly string[]
}

/** What a route answers with: JSON, with 200 unless said otherwise, or text as Go's `http.Error` writes it. */
export type Answer =
  | { readonly status?: number; readonly json: unknown }
  | { readonly status: number; readonly text: string }

interface Place {
  /** A path, or a pattern of whole paths. */
  readonly path: string | RegExp
  /** Whether a release has it. Default: every one. */
  readonly on?: (manners: Manners) => boolean
}

/** A REST read. What it answers is told at once; faults may send it later, or send something else. */
export interface Route extends Place {
  /** Whether it is open to all. Default: only good cookies pass. */
  readonly open?: boolean
  readonly answer: (ask: Ask) => Answer
}

/** An SSE stream. */
export interface StreamRoute extends Place {
  /** Begins once the headers are out. `send` sends one message. Returns what stops it. */
  readonly begin: (ask: Ask, send: (value: unknown) => void) => () => void
}

/** A part of the world: what it answers over GraphQL, REST and SSE. */
export interface Part {
  /** The process of the server has ended: what it only kept in memory is gone. */
  ended?(): void
  /** By root field. Which of them there are at the moment is the schema's affair. */
  readonly sources?: Readonly<Record<string, Source>>
  readonly routes?: readonly Route[]
  readonly streams?: readonly StreamRoute[]
}

/** The first of the places that a path means on a release, and what its groups caught. */
export function find<Found extends Place>(
  places: readonly Found[],
  path: string,
  manners: Manners,
): { readonly place: Found; readonly groups: readonly string[] } | undefined {
  for (const place of places) {
    if (place.on && !place.on(manners)) continue
    if (place.path === path) return { place, groups: [] }
    const match = typeof place.path === 'string' ? null : place.path.exec(path)
    if (match?.[0] === path) return { place, groups: match.slice(1).map((group) => group ?? '') }
  }
  return undefined
}

/** A refusal in the way of the release: MeshKit's JSON since v1.0, plain text before. */
export const refuse = (manners: Manners, status: number, text: string): Answer =>
  manners.tellsRefusals
    ? {
        status,
        json: {
          error: text,
          code: 'meshery-server-1000',
          severity: 'ERROR',
          probableCause: [],
          suggestedRemediation: [],
          longDescription: [text],
        },
      }
    : { status, text }
