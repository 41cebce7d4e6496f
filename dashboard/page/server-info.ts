import { isRecord } from './is-record.ts'

/** What the page shows of the server. */
export interface ServerInfo {
  /** The address of Meshery, for people. */
  readonly url: string
  /** Null if the server did not report it. */
  readonly release: string | null
  /** The context of mesheryctl's configuration; null if there is none. */
  readonly context: string | null
  /** Where Meshery's own interface is. */
  readonly ui: string
  /** The name of the user; null if the server did not report one. */
  readonly user: string | null
}

const recordOf = (value: unknown): Readonly<Record<string, unknown>> => (isRecord(value) ? value : {})
const textOf = (value: unknown): string | null => (typeof value === 'string' && value.trim() !== '' ? value : null)

/** Only an address of the web becomes a link. */
const webAddress = (value: unknown): string | null => {
  const text = textOf(value)
  return text !== null && /^https?:\/\//i.test(text) && URL.canParse(text) ? text : null
}

/** Reads what `dashboard.json` answered. Without an answer it is the origin of the page. */
export function serverInfoOf(dashboard: unknown, origin: string): ServerInfo {
  const { server, context, user, links } = recordOf(dashboard)
  return {
    url: textOf(recordOf(server)['url']) ?? origin,
    release: textOf(recordOf(server)['release']),
    context: textOf(context),
    ui: webAddress(recordOf(links)['ui']) ?? `${origin}/`,
    user: textOf(user),
  }
}
