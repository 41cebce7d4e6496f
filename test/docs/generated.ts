import { type Release, releases } from '../../src/testing/releases/release-profile.ts'
import { type TransportName, transportNames } from '../../src/transports/contract.ts'
import { differences as declaredDifferences } from '../releases/differences.ts'
import { availability, lines, transportTitles } from './availability.ts'
import { type Documented, documented } from './declared.ts'
import { docOf, type Member, readInterface, writtenOut } from './interfaces.ts'

/** Reads a file by its path from the root. */
export type Read = (path: string) => string

/** The pages with parts that are made from the declarations. */
export const generatedPages: readonly string[] = [
  'docs/compatibility.md',
  'docs/options.md',
  'docs/observability.md',
  ...documented.map(({ page }) => `docs/streams/${page}.md`),
]

/**
 * A page with every generated part as the declarations define it now. A part is between
 * `<!-- generated: <name> -->` and `<!-- end -->`.
 * @throws Error for an unknown part.
 */
export function regenerate(path: string, text: string, read: Read): string {
  const stream = documented.find(({ page }) => path === `docs/streams/${page}.md`)
  return text.replace(/(<!-- generated: ([\w ]+) -->\n)[\s\S]*?(<!-- end -->)/g, (_, begin, name, end) => {
    const part = stream ? streamParts[name]?.(stream, read) : parts[name]?.(read)
    if (part === undefined) throw new Error(`${path}: unknown generated part ${name}`)
    return `${begin}\n${part}\n\n${end}`
  })
}

/** For the pages on all streams and on the client. */
const parts: Readonly<Record<string, (read: Read) => string>> = {
  compatibility,
  paces,
  options: (read) => optionTable(read, 'option', 'client/options.ts', 'MesheryOptions'),
  tls: (read) => optionTable(read, '`tls`', 'platform/network-options.ts', 'TlsOptions'),
  subscriptions: (read) => optionTable(read, 'option', 'client/subscription.ts', 'SubscribeOptions'),
  limits: (read) => optionTable(read, '`limits`', 'client/limits.ts', 'Limits'),
  timeouts: (read) => optionTable(read, '`timeouts`', 'transports/contract.ts', 'Timeouts'),
  stats: (read) => optionTable(read, '`stats()`', 'client/stats.ts', 'Stats'),
  lag: (read) => optionTable(read, '`lagMs`', 'platform/platform.ts', 'Lag'),
  'connection messages': (read) => optionTable(read, 'connection', 'platform/messages.ts', 'ConnectionMessage'),
  'event messages': (read) => optionTable(read, 'event', 'platform/messages.ts', 'EventMessage'),
  'request messages': (read) => optionTable(read, 'request', 'platform/messages.ts', 'RequestMessage'),
}

const streamParts: Readonly<Record<string, (stream: Documented, read: Read) => string>> = {
  arguments: argumentTables,
  value: valueTables,
  transports,
  pace,
  differences,
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`.replaceAll('|  |', '| |')).join('\n')

const code = (text: string): string => `\`${text.replaceAll('|', '\\|')}\``

/** The file of an interface that another one extends. */
const bases: Readonly<Record<string, string>> = {
  Counts: 'base/counts.ts',
  Page: 'streams/page-selector.ts',
  Selector: 'streams/page-selector.ts',
  Content: 'streams/configuration-lists.ts',
}

/** The members of an interface and of what it extends, the latter first or last. */
function membersOf(read: Read, file: string, name: string, inherited: 'first' | 'last'): readonly Member[] {
  const own = readInterface(read(`src/${file}`), name)
  const more = own.extends.flatMap((base) => membersOf(read, bases[base] ?? file, base, inherited))
  const [first, last] = inherited === 'first' ? [more, own.members] : [own.members, more]
  return [...first, ...last.filter((member) => !first.some(({ name: known }) => known === member.name))]
}

const typeOf = (source: string, type: string): string =>
  type
    .replace(/^\w+/, (name) => writtenOut(source, name))
    .replaceAll('readonly ', '')
    .replaceAll('(typeof severities)[number]', 'Severity')
    .replace(/OneOrMore<(.*)>/, (_, one: string) => `${one} | ${one.includes('|') ? `(${one})` : one}[]`)
    .replaceAll('Readonly<Record<string, unknown>>', 'object')
    .replace(/^\((.*)\)$/, '$1')

function argumentTables({ arguments: interfaces, value }: Documented, read: Read): string {
  const [[file = ''] = []] = value
  const [, list = "'created_at', 'updated_at', 'name'"] =
    /^const columns = \[([^\]]*)\]/m.exec(read(`src/${file}`)) ?? []
  const columns = list.replaceAll("'", '`').replace(/, (`\w+`)$/, ' or $1')
  const row = (source: string, { name, optional, type, says }: Member): readonly string[] => {
    const [said = '', fallback = optional ? '–' : 'required'] = says.split(/(?:^| )Default:? (.*)\.$/)
    const order = name === 'order'
    return [
      code(name),
      order ? code("'<column> asc' | '<column> desc'") : code(typeOf(source, type)),
      fallback,
      order ? `By ${columns}.` : said || docOf(source, type),
    ]
  }
  return interfaces
    .map(([from, name]) =>
      table(
        [name === 'Selector' && interfaces.length > 1 ? 'of a selector' : 'argument', 'type', 'default', 'what it is'],
        membersOf(read, from, name, 'last').map((member) => row(read(`src/${from}`), member)),
      ),
    )
    .join('\n\n')
}

function optionTable(read: Read, title: string, file: string, name: string): string {
  const rows = membersOf(read, file, name, 'first')
    // `polling` sets them.
    .filter(({ name: own }) => own !== 'poll' && own !== 'pollMax')
    .map(({ name: own, type, says }) => [
      code(own),
      code(
        type
          .replaceAll('readonly ', '')
          .replaceAll('?: number | undefined', '?: number')
          .replace('ConnectionParams', 'object | (() => object)')
          .replace(/^\((.*)\)$/, '$1'),
      ),
      says
        .replace('Defaults: see `Timeouts`.', 'Which ones and their defaults: [times](#times).')
        .replace('Defaults: see `Limits`.', 'Which ones and their defaults: [limits](#limits).'),
    ])
  return table([title, 'type', 'what it is'], rows)
}

function valueTables({ value }: Documented, read: Read): string {
  return value
    .flatMap(([file, ...names]) =>
      names.map((name) => {
        const rows = membersOf(read, file, name, 'first').map((member) => [
          code(member.name),
          code(typeOf(read(`src/${file}`), member.type)),
          member.says || docOf(read(`src/${file}`), member.type),
        ])
        return table([code(name), 'type', 'what it is'], rows)
      }),
    )
    .join('\n\n')
}

const cellsOf = (stream: Documented, transport: TransportName): readonly string[] =>
  releases.map((release: Release) => availability(stream.declared, transport, release))

function transports(stream: Documented): string {
  const rows = transportNames.map((name) => [transportTitles[name], ...cellsOf(stream, name)])
  return table(['', ...releases.map((release) => lines[release])], rows)
}

function compatibility(): string {
  const rows = documented.flatMap((stream) =>
    transportNames.map((name, index) => [
      index === 0 ? `[\`${stream.declared.name}\`](streams/${stream.page}.md)` : '',
      transportTitles[name],
      ...cellsOf(stream, name),
    ]),
  )
  return table(['stream', 'over', ...releases.map((release) => lines[release])], rows)
}

const span = (ms: number): string => (ms % 60_000 === 0 ? `${ms / 60_000} min` : `${ms / 1_000} s`)

function pace({ declared: { readEveryMs, polls, name } }: Documented): string {
  if (!readEveryMs) throw new Error(`${name} has no read interval of its own`)
  const lines = [
    ...(polls ? ['It is polled, on every release, unless `transports` names what to use.'] : []),
    readEveryMs.polling > 60_000
      ? `Polled: at most every ${span(readEveryMs.polling)}.`
      : `Polled: as \`polling\` says, every 5 s, growing to 30 s while nothing is new; two reads are never less than ${span(readEveryMs.polling)} apart.`,
    readEveryMs.live === 0
      ? 'Beside a WebSocket: read only when that pushes nothing at its start.'
      : `Beside a WebSocket: read again every ${span(readEveryMs.live)}, since pushes get lost.`,
  ]
  return lines.map((line) => `- ${line}`).join('\n')
}

function paces(): string {
  const rows = documented.flatMap(({ page, declared: { name, readEveryMs } }) =>
    readEveryMs
      ? [
          [
            `[\`${name}\`](streams/${page}.md)`,
            readEveryMs.polling > 60_000
              ? `every ${span(readEveryMs.polling)}`
              : `every 5 to 30 s, never within ${span(readEveryMs.polling)}`,
            readEveryMs.live === 0 ? '–' : `every ${span(readEveryMs.live)}`,
          ],
        ]
      : [],
  )
  const events = ['[`subscribeEvents`](streams/events.md)', 'every 5 to 30 s, never within 0.5 s', 'every 60 s']
  return table(['stream', 'polled', 'read again beside a live channel'], [events, ...rows])
}

/** `current` is a word of this package. */
const places = (on: string): string =>
  on
    .replace(/\bv0\.7$/, 'early v0.7')
    .replace('from v0.8', 'from late v0.7')
    .replace('before current', 'before v1.0.56')
    .replace('current', 'v1.0.56 and later')
    .replace('websocket', transportTitles.websocket)

const fieldOf = (field: string): string =>
  field
    .split(' of ')
    .map((part) => code(part))
    .join(' of ')

function differences({ declared: { name } }: Documented): string {
  const rows = new Map<string, { readonly on: string; readonly what: string; readonly fields: string[] }>()
  for (const { on, field, what } of declaredDifferences[name] ?? []) {
    const row = rows.get(on + what) ?? { on, what, fields: [] }
    row.fields.push(fieldOf(field))
    rows.set(on + what, row)
  }
  if (rows.size === 0) return 'Nothing.'
  return table(
    ['where', 'field', 'value there'],
    [...rows.values()].map(({ on, what, fields }) => [places(on), fields.join(', '), what]),
  )
}
