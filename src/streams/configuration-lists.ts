import type { Page } from './page-selector.ts'
import type { Listing } from './walk-pages.ts'
import { fieldsOf, record, text, time, uuid, type Wire } from './wire.ts'

/** Where a design, a filter or an application was imported from. */
export interface Location {
  /** The branch of a Git repository. */
  readonly branch: string | null
  /** Where the repository is. */
  readonly host: string | null
  /** The path of the file there. */
  readonly path: string | null
  /** Such as `local`, `github` or `http`. */
  readonly type: string | null
}

/** What designs, filters and applications have in common. */
export interface Content {
  /** A UUID. */
  readonly id: string | null
  /** What it is called; names may repeat. */
  readonly name: string | null
  /** Whose it is. Null where the user has no id of their own: with the Local provider before v1.0.55. */
  readonly user_id: string | null
  readonly location: Location | null
  /** `private`, `public` or `published`. */
  readonly visibility: string | null
  /** RFC 3339 text. */
  readonly created_at: string | null
  /** RFC 3339 text. */
  readonly updated_at: string | null
}

/** A design. The `canSupport` and `errmsg` of Meshery's schema are not here: they are in no REST answer. */
export interface PatternResult extends Content {
  /** The design itself: YAML or JSON text. */
  readonly pattern_file: string | null
  /** What the catalog says about it; as stored, in the names of the release. */
  readonly catalog_data: Readonly<Record<string, unknown>> | null
  /** What it was made from, such as `Helm Chart`; the text of what Meshery's schema has as `{ String, Valid }`. Null on v0.6. */
  readonly type: string | null
}

/** A WASM filter. */
export interface FilterResult extends Content {
  /** Its file in base64, as Meshery gives it: WebAssembly is no text. */
  readonly filter_file: string | null
  /** The resource of the filter, as stored. */
  readonly filter_resource: string | null
  /** What the catalog says about it; as stored, in the names of the release. */
  readonly catalog_data: Readonly<Record<string, unknown>> | null
}

/** An application. */
export interface ApplicationResult extends Content {
  /** Its manifest: YAML or JSON text. */
  readonly application_file: string | null
  /** What it was made from, such as `Kubernetes Manifest`; the text of what Meshery's schema has as `{ String, Valid }`. */
  readonly type: string | null
}

/** A page of the designs. */
export interface PatternPageResult extends Page {
  /** The designs on this page, in the order asked for. */
  readonly patterns: readonly PatternResult[]
}

/** A page of the filters. */
export interface FilterPage extends Page {
  /** The filters on this page, in the order asked for. */
  readonly filters: readonly FilterResult[]
}

/** A page of the applications. */
export interface ApplicationPage extends Page {
  /** The applications on this page, in the order asked for. */
  readonly applications: readonly ApplicationResult[]
}

const location = /* @__PURE__ */ fieldsOf({ branch: text, host: text, path: text, type: text })

const content = {
  id: text,
  name: text,
  user_id: (wire: Wire) => uuid(wire, 'userId', 'owner', 'user_id'),
  location: (wire: Wire): Location | null => {
    const found = record(wire, 'location')
    return found && location(found)
  },
  visibility: text,
  created_at: time,
  updated_at: time,
}

/** A column of Go's database that may be null, or the text itself. */
function kindOf(wire: Wire): string | null {
  const nullable = record(wire, 'type')
  if (!nullable) return text(wire, 'type')
  return nullable['Valid'] === false ? null : text(nullable, 'String')
}

/** A list of `/api/NAME`. @param own What its items have beside the content that all have. */
const contentList = <Own extends Parameters<typeof fieldsOf>[0]>(name: string, own: Own) => ({
  paths: [`/api/${name}`],
  key: `${name}s`,
  id: ({ id }: { readonly id: string | null }) => id,
  item: fieldsOf({ ...content, ...own }),
})

export const patternList: Listing<PatternResult> = /* @__PURE__ */ contentList('pattern', {
  pattern_file: text,
  catalog_data: record,
  type: kindOf,
})

export const filterList: Listing<FilterResult> = /* @__PURE__ */ contentList('filter', {
  filter_file: text,
  filter_resource: text,
  catalog_data: record,
})

export const applicationList: Listing<ApplicationResult> = /* @__PURE__ */ contentList('application', {
  application_file: text,
  type: kindOf,
})
