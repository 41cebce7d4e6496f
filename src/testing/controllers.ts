import type { Contexts } from './contexts.ts'
import type { Part, Route, Surroundings } from './part.ts'
import type { Source } from './resolvers.ts'

/** Meshery's controllers. */
export type FakeControllers = object

/** Answers for them. */
export class Controllers implements FakeControllers, Part {
  readonly sources: Readonly<Record<string, Source>> = {}
  readonly routes: readonly Route[] = []
  readonly around: Surroundings
  readonly contexts: Contexts

  constructor(around: Surroundings, contexts: Contexts) {
    this.around = around
    this.contexts = contexts
  }
}
