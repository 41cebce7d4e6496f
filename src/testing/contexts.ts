import type { Part, Route, Surroundings } from './part.ts'
import type { Source } from './resolvers.ts'

/** Kubernetes contexts. */
export type FakeContexts = object

/** Answers for them. */
export class Contexts implements FakeContexts, Part {
  readonly sources: Readonly<Record<string, Source>> = {}
  readonly routes: readonly Route[] = []
  readonly around: Surroundings

  constructor(around: Surroundings) {
    this.around = around
  }
}
