// Formats for programs: JSON, YAML and templates, of whole values or of chosen fields.
import { dump } from 'js-yaml'
import { nearest } from '../base/nearest.ts'
import type { MesheryError } from '../index.ts'
import { type OptionValues, readChoice, readList, usageError } from './option-values.ts'
import { jsonLine, oneLine } from './text.ts'

/** How what was asked for is printed. */
export const outputFormats = ['pretty', 'wide', 'json', 'jsonl', 'yaml', 'template'] as const
export type OutputFormat = (typeof outputFormats)[number]

/** Prints values for programs. */
export interface ValueFormat {
  /** One value. */
  one(value: unknown): string
  /** A value that has several items: as a whole, or each of its items where fields or a template are given. */
  list(value: unknown): string
}

/** What the options say about the output. */
export interface OutputOptions {
  readonly output: OutputFormat
  /** Undefined for the formats that are for people. */
  readonly format: ValueFormat | undefined
}

/**
 * @param known The fields that what is printed can have; undefined where they differ.
 * @throws MesheryError INVALID_OPTION
 */
export function readOutput(values: OptionValues, known?: readonly string[]): OutputOptions {
  const template = values.text('template')
  const fields = readFields(values.texts('fields'), known)
  const given = values.text('output')
  const usual = template === undefined ? 'pretty' : 'template'
  const output = given === undefined ? usual : readChoice('output', given, outputFormats)
  if (output === 'template' && template === undefined) throw usageError('--output template needs --template')
  if (output !== 'template' && template !== undefined) throw usageError(`--template was given beside -o ${output}`)
  if (fields !== undefined && !isSerialized(output))
    throw usageError(`--fields needs -o json, jsonl or yaml, and the output is ${output}`)
  const render = template === undefined ? undefined : readTemplate(template, known)
  return { output, format: formatOf(output, render, fields) }
}

const serializers = {
  json: jsonLine,
  jsonl: jsonLine,
  yaml: (value: unknown): string => `---\n${yamlText(value)}`,
} as const

const isSerialized = (output: OutputFormat): output is keyof typeof serializers => Object.hasOwn(serializers, output)

function formatOf(
  output: OutputFormat,
  render: ((value: unknown) => string) | undefined,
  fields: readonly Field[] | undefined,
): ValueFormat | undefined {
  if (render !== undefined) {
    return { one: render, list: (value) => itemsOf(value).map(render).join('\n') }
  }
  if (!isSerialized(output)) return undefined
  const serialize = serializers[output]
  if (fields === undefined) return { one: serialize, list: serialize }
  const tree = treeOf(fields)
  const chosen = (value: unknown): unknown => chosenFrom(value, tree)
  return { one: (value) => serialize(chosen(value)), list: (value) => serialize(itemsOf(value).map(chosen)) }
}

/** The items of a state: itself, or the lists in it. */
const itemsOf = (value: unknown): readonly unknown[] => {
  if (Array.isArray(value)) return value
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(itemsOf) : []
}

/** Whether YAML would have such a character as it is: it may steer a terminal. */
const steersTerminal = /[\p{Cc}\p{Cf}\u2028\u2029]/u

/** A document without a character that steers a terminal. JSON is YAML, too, and can escape each of them. */
function yamlText(value: unknown): string {
  const text = dump(value, { lineWidth: -1, noRefs: true }).trimEnd()
  return steersTerminal.test(text.replaceAll('\n', '')) ? jsonLine(value) : text
}

/** A field of a value, by its path. */
interface Field {
  readonly name: string
  of(value: unknown): unknown
}

/** Which fields of a value are chosen, and of each of them which: without any, the whole of it. */
type FieldTree = ReadonlyMap<string, FieldTree>

/** A path that is chosen beside a part of it is chosen as a whole. */
function treeOf(fields: readonly Field[]): FieldTree {
  const paths = fields.map(({ name }) => name)
  const isPartOf = (path: string, whole: string): boolean => path.startsWith(`${whole}.`)
  const root: Branch = new Map()
  for (const path of paths) {
    if (paths.some((whole) => isPartOf(path, whole))) continue
    let branch = root
    for (const key of path.split('.')) branch = branchOf(branch, key)
  }
  return root
}

interface Branch extends Map<string, Branch> {}

function branchOf(parent: Branch, key: string): Branch {
  const branch: Branch = parent.get(key) ?? new Map()
  parent.set(key, branch)
  return branch
}

/** The chosen fields, in the shape of the value: what reads the whole value reads this as well. What is not there is null. */
function chosenFrom(value: unknown, tree: FieldTree): unknown {
  if (tree.size === 0) return value ?? null
  if (Array.isArray(value)) return value.map((item, at) => chosenItem(item, tree.get(`${at}`)))
  return Object.fromEntries([...tree].map(([key, below]) => [key, chosenFrom(childOf(value, key), below)]))
}

const chosenItem = (item: unknown, tree: FieldTree | undefined): unknown =>
  tree === undefined ? null : chosenFrom(item, tree)

const pathPattern = /^[\w-]+(\.[\w-]+)*$/

const fieldOf = (name: string): Field => {
  const keys = name.split('.')
  return { name, of: (value) => keys.reduce(childOf, value) }
}

const childOf = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined

/** Refuses a path that begins with what is no field: it would give null, or `-`, for ever. */
function checkedField(option: string, path: string, known: readonly string[] | undefined): Field {
  const [name = ''] = path.split('.')
  if (known === undefined || known.includes(name)) return fieldOf(path)
  const near = nearest(name, known)
  const hint = near.length > 0 ? `; did you mean ${near.join(' or ')}?` : `; the fields are ${known.join(', ')}`
  throw usageError(`--${option} was given ${JSON.stringify(path)}, and there is no field ${name}${hint}`)
}

function readFields(
  given: readonly string[] | undefined,
  known: readonly string[] | undefined,
): readonly Field[] | undefined {
  return readList(given)?.map((name) => {
    if (pathPattern.test(name)) return checkedField('fields', name, known)
    throw usageError(`--fields was given ${JSON.stringify(name)}; it takes names such as id,metadata.error.Code`)
  })
}

const escapes: ReadonlyMap<string, string> = new Map([
  ['\\n', '\n'],
  ['\\t', '\t'],
  ['\\\\', '\\'],
  ['{{', '{'],
  ['}}', '}'],
])

/** What prints a value by a text with `{path}` in it. */
function readTemplate(template: string, known: readonly string[] | undefined): (value: unknown) => string {
  if (template === '') throw badTemplate(template)
  const parts = [...template.matchAll(/\\[nt\\]|\{\{|\}\}|\{[^{}]*\}|[\s\S]/g)].map(([part]) =>
    readPart(template, part, known),
  )
  return (value) => parts.map((part) => (typeof part === 'string' ? part : textOf(part.of(value)))).join('')
}

function readPart(template: string, part: string, known: readonly string[] | undefined): string | Field {
  const literal = escapes.get(part)
  if (literal !== undefined) return literal
  const path = /^\{(.*)\}$/s.exec(part)?.[1]?.trim()
  if (path === undefined && part !== '{' && part !== '}') return part
  if (path !== undefined && pathPattern.test(path)) return checkedField('template', path, known)
  throw badTemplate(template)
}

const badTemplate = (template: string): MesheryError =>
  usageError(
    `--template was given ${JSON.stringify(template)}; it takes fields such as {severity} or {metadata.error.Code}, and {{ for a brace`,
  )

/** A value in a line of a template; `-` for what is not known. */
function textOf(value: unknown): string {
  if (value === null || value === undefined) return '-'
  return typeof value === 'object' ? jsonLine(value) : oneLine(String(value))
}
