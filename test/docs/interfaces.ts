/** A member of an interface, as its source declares it. */
export interface Member {
  readonly name: string
  readonly optional: boolean
  /** On one line, without `undefined`. */
  readonly type: string
  /** Its docstring on one line; empty where there is none. */
  readonly says: string
}

/** An interface without what it extends. */
export interface Interface {
  /** The names of what it extends, without type arguments. */
  readonly extends: readonly string[]
  readonly members: readonly Member[]
}

const member = /(?: {2}\/\*\*([^/]*(?:\/(?<!\*\/)[^/]*)*?)\*\/\n)? {2}readonly (\w+)(\??): (.*)\n/g

/**
 * Reads an interface of flat members from a source file.
 * @throws Error when the file has no such interface, or one that this cannot read.
 */
export function readInterface(source: string, name: string): Interface {
  const [, from = '', body = ''] =
    new RegExp(`^export interface ${name}(?:<.*>)?(?: extends (.*?))? \\{\\n([\\s\\S]*?)^\\}`, 'm').exec(source) ?? []
  const members = [...body.matchAll(member)].map(
    ([, doc = '', own = '', optional, type = '']): Member => ({
      name: own,
      optional: optional === '?',
      type: type.replace(/ \| undefined$/, ''),
      says: flat(doc),
    }),
  )
  if (members.length !== (body.match(/^ {2}readonly /gm) ?? []).length || (body === '' && from === ''))
    throw new Error(`The interface ${name} cannot be read`)
  return { extends: from === '' ? [] : from.split(', ').map((base) => base.replace(/<.*/, '')), members }
}

/** The docstring of the first type that is named in this one; empty when the file has none. */
export function docOf(source: string, type: string): string {
  const [name] = /[A-Z]\w+/.exec(type.replace(/OneOrMore|Readonly|Record/g, '')) ?? []
  if (name === undefined) return ''
  const declaration = new RegExp(`^/\\*\\*((?:(?!\\*/)[\\s\\S])*)\\*/\\nexport (?:type|interface) ${name}\\b`, 'm')
  return flat(declaration.exec(source)?.[1] ?? '')
}

const flat = (doc: string): string => doc.replace(/\s*\n\s*\*?\s*/g, ' ').trim()

/** Writes a union of texts out, where the file makes it of a list: `type Type = (typeof types)[number]`. */
export function writtenOut(source: string, type: string): string {
  const [, list = ''] =
    new RegExp(`^(?:export )?type ${type} = \\(typeof (\\w+)\\)\\[number\\]$`, 'm').exec(source) ?? []
  const [, items] = new RegExp(`^(?:export )?const ${list} = \\[([^\\]]*)\\] as const`, 'm').exec(source) ?? []
  return list === '' || items === undefined ? type : items.trim().replace(/,\s*/g, ' | ')
}
