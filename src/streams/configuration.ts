import { wantNames } from '../base/checks.ts'
import { now } from '../base/clock.ts'
import { hasCode } from '../base/errors.ts'
import { ConfigurationChangedDocument as v06 } from '../generated/v0.6.ts'
import { ConfigurationChangedDocument as v08 } from '../generated/v0.8.ts'
import {
  type ApplicationPage,
  applicationList,
  type FilterPage,
  filterList,
  type PatternPageResult,
  patternList,
} from './configuration-lists.ts'
import { graphqlSelector, readNamedSelector, type Selector, type WantedPage } from './page-selector.ts'
import type { StateDeclaration, StateRequests } from './state-declaration.ts'
import { readPage } from './walk-pages.ts'

/** The designs, filters and applications of the user. A part that was not asked for is null. */
export interface ConfigurationPage {
  /** Null, too, on releases that have no applications: those from late v0.7 on. */
  readonly applications: ApplicationPage | null
  /** Designs. */
  readonly patterns: PatternPageResult | null
  /** WASM filters. */
  readonly filters: FilterPage | null
}

/** Which parts, and of each which page. Default: all three, the first page of each. */
export interface ConfigurationArguments {
  /** Designs. */
  readonly patterns?: Selector | undefined
  /** WASM filters. */
  readonly filters?: Selector | undefined
  /** Applications. Only v0.6 and early v0.7 have them. */
  readonly applications?: Selector | undefined
}

const parts = ['patterns', 'filters', 'applications'] as const

type Wanted = Readonly<Record<(typeof parts)[number], WantedPage | null>>

/** For a part that the document requires and the user did not ask for. */
const smallestPage: WantedPage = { page: 0, pageSize: 1, all: false, search: '', order: '' }
const columns = ['created_at', 'updated_at', 'name']

/** Milliseconds until a server that had no applications is asked for them again: it may have become another release. */
const lookAgain = 60_000

/** Null when this release has none. */
async function applicationsOf(ask: StateRequests, wanted: WantedPage, sure = false): Promise<ApplicationPage | null> {
  try {
    const { items: applications, ...page } = await readPage(ask, applicationList, wanted)
    return { ...page, applications }
  } catch (error) {
    if (!hasCode(error, 'NOT_MESHERY')) throw error
    if (sure) return null
    // What has no designs either is no Meshery, or one that only just starts; what has them may have started meanwhile.
    await readPage(ask, patternList, smallestPage)
    return applicationsOf(ask, wanted, true)
  }
}

/**
 * Designs, filters and applications. What is pushed is only a signal: old servers send each part for itself, and the
 * newest that push at all send designs alone.
 */
export const configuration: StateDeclaration<Wanted, ConfigurationPage> = {
  kind: 'state',
  name: 'subscribeConfiguration',
  documents: [v08, v06],
  readEveryMs: { polling: 2_000, live: 15_000 },
  since: 'v0.6',
  arguments(given = {}) {
    const asked = wantNames('arguments', given, parts)
    const every = parts.every((part) => asked[part] === undefined)
    const read = (part: (typeof parts)[number]): WantedPage | null =>
      readNamedSelector(part, every ? {} : asked[part], columns)
    return { patterns: read('patterns'), filters: read('filters'), applications: read('applications') }
  },
  variables: ({ patterns, filters, applications }) => ({
    patternSelector: graphqlSelector(patterns ?? smallestPage),
    filterSelector: graphqlSelector(filters ?? smallestPage),
    // Known to v0.6 and to the first of v0.7 alone; later ones do not look at a variable that the document does not name.
    applicationSelector: graphqlSelector(applications ?? smallestPage),
  }),
  async read(wanted, _, ask, before) {
    let patterns: PatternPageResult | null = null
    let filters: FilterPage | null = null
    let applications: ApplicationPage | null = null
    if (wanted.patterns) {
      const { items, ...page } = await readPage(ask, patternList, wanted.patterns)
      patterns = { ...page, patterns: items }
    }
    // Where whole lists are walked, the parts are pages of one walk.
    const walks = parts.some((part) => wanted[part]?.all)
    if (wanted.filters) {
      if (walks && wanted.patterns) await ask.waitForSlot()
      const { items, ...page } = await readPage(ask, filterList, wanted.filters)
      filters = { ...page, filters: items }
    }
    let lackedAt = typeof before?.seen === 'number' ? before.seen : -Infinity
    if (wanted.applications && now() - lackedAt >= lookAgain) {
      if (walks && (wanted.patterns || wanted.filters)) await ask.waitForSlot()
      applications = await applicationsOf(ask, wanted.applications)
      lackedAt = applications ? -Infinity : now()
    }
    return { value: { applications, patterns, filters }, seen: lackedAt }
  },
}
