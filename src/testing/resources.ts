import type { Part, Route, Surroundings } from './part.ts'
import type { Source } from './resolvers.ts'

/** The resources of clusters, counted. */
export type FakeResources = object

/** Answers for them. */
export class Resources implements FakeResources, Part {
  readonly sources: Readonly<Record<string, Source>> = {}
  readonly routes: readonly Route[] = []
  readonly around: Surroundings

  constructor(around: Surroundings) {
    this.around = around
  }
}
