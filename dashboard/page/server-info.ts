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
  /** Whether the dashboard refuses this browser. */
  readonly isRefused: boolean
}

const recordOf = (value: unknown): Readonly<Record<string, unknown>> => (isRecord(value) ? value : {})
const textOf = (value: unknown): string | null => (typeof value === 'string' && value.trim() !== '' ? value : null)

/** Only an address of the web becomes a link. */
const webAddress = (value: unknown): string | null => {
  const text = textOf(value)
  return text !== null && /^https?:\/\//i.test(text) && URL.canParse(text) ? text : null
}

/** The name of the user in the answer of `/api/user`, in the spelling of any release. */
export function userNameOf(body: unknown): string | null {
  const user = recordOf(body)
  const names = [user['firstName'] ?? user['first_name'], user['lastName'] ?? user['last_name']]
  const name = names.flatMap((one) => textOf(one) ?? []).join(' ')
  return textOf(name) ?? textOf(user['email']) ?? textOf(user['userId'] ?? user['user_id'])
}

/** Reads what `dashboard.json` and `/api/user` answered. Without an answer it is the origin of the page. */
export function serverInfoOf(dashboard: unknown, user: unknown, origin: string): Omit<ServerInfo, 'isRefused'> {
  const { server, context, links } = recordOf(dashboard)
  return {
    url: textOf(recordOf(server)['url']) ?? origin,
    release: textOf(recordOf(server)['release']),
    context: textOf(context),
    ui: webAddress(recordOf(links)['ui']) ?? `${origin}/`,
    user: userNameOf(user),
  }
}
