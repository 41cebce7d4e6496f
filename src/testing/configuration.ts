import type { Part, Route, Surroundings } from './part.ts'
import type { Source } from './resolvers.ts'

/** Designs, filters and applications. */
export type FakeConfiguration = object

/** Answers for them. */
export class Configuration implements FakeConfiguration, Part {
  readonly sources: Readonly<Record<string, Source>> = {}
  readonly routes: readonly Route[] = []
  readonly around: Surroundings

  constructor(around: Surroundings) {
    this.around = around
  }
}
