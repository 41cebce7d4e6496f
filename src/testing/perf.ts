import type { Part, Route, Surroundings } from './part.ts'
import type { Source } from './resolvers.ts'

/** Performance profiles and the results of their runs. */
export type FakePerf = object

/** Answers for them. */
export class Perf implements FakePerf, Part {
  readonly sources: Readonly<Record<string, Source>> = {}
  readonly routes: readonly Route[] = []
  readonly around: Surroundings

  constructor(around: Surroundings) {
    this.around = around
  }
}
