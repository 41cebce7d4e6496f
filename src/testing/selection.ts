import {
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isObjectType,
  Kind,
  type SelectionSetNode,
  valueFromASTUntyped,
} from 'graphql'

/** One field of a selection, fragments resolved: under which key which field of the value goes out. */
export interface Slot {
  readonly key: string
  readonly field: string
  /** The type that the field belongs to, for `__typename`. */
  readonly parent: string
  /** Undefined for fields without a selection of their own. */
  readonly slots: readonly Slot[] | undefined
}

/** What a selection needs to be resolved. */
export interface SelectionContext {
  readonly schema: GraphQLSchema
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>
  readonly variables: Readonly<Record<string, unknown>>
}

/** Resolves a selection once, so that each value of a stream costs a walk over a list. The document must be valid. */
export function resolveSelection(
  { selections }: SelectionSetNode,
  parent: GraphQLObjectType,
  context: SelectionContext,
): readonly Slot[] {
  const slots: Slot[] = []
  for (const selection of selections) {
    const skipped = (selection.directives ?? []).some((directive) => {
      const condition = directive.arguments?.[0]?.value
      const value = condition && valueFromASTUntyped(condition, { ...context.variables })
      return directive.name.value === 'skip' ? value === true : directive.name.value === 'include' && value === false
    })
    if (skipped) continue
    if (selection.kind === Kind.FIELD) {
      const field = selection.name.value
      const type = getNamedType(parent.getFields()[field]?.type)
      slots.push({
        key: selection.alias?.value ?? field,
        field,
        parent: parent.name,
        slots:
          selection.selectionSet && isObjectType(type)
            ? resolveSelection(selection.selectionSet, type, context)
            : undefined,
      })
      continue
    }
    const inner =
      selection.kind === Kind.INLINE_FRAGMENT
        ? selection.selectionSet
        : context.fragments.get(selection.name.value)?.selectionSet
    if (inner) slots.push(...resolveSelection(inner, parent, context))
  }
  return slots
}

/** The part of a value that was selected, in the order and under the keys of the selection. */
export function project(value: unknown, slots: readonly Slot[] | undefined): unknown {
  if (slots === undefined || value === null || value === undefined) return value ?? null
  if (Array.isArray(value)) return value.map((item) => project(item, slots))
  const fields = new Map<string, unknown>(Object.entries(value))
  return Object.fromEntries(
    slots.map((slot) => [
      slot.key,
      slot.field === '__typename' ? slot.parent : project(fields.get(slot.field), slot.slots),
    ]),
  )
}
