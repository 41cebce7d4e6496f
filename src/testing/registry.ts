import type { Part, Route, Surroundings } from './part.ts'
import type { Source } from './resolvers.ts'

/** The registry of models, components and relationships. */
export type FakeRegistry = object

/** Answers for them. */
export class Registry implements FakeRegistry, Part {
  readonly sources: Readonly<Record<string, Source>> = {}
  readonly routes: readonly Route[] = []
  readonly around: Surroundings

  constructor(around: Surroundings) {
    this.around = around
  }
}
