import {
  type ASTVisitor,
  type FieldNode,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValidationContext,
} from 'graphql'

/**
 * The rule of one root field a subscription, as gqlgen has it. It replaces `SingleFieldSubscriptionsRule` of `graphql`, which counts
 * aliases where gqlgen counts names, and throws when a root field has `@include` or `@skip` with a variable.
 */
export const singleFieldRule = (context: ValidationContext): ASTVisitor => ({
  OperationDefinition(operation) {
    if (operation.operation !== 'subscription') return
    const fields = rootFields(operation, context)
    const [, second] = fields
    const name = operation.name ? `Subscription "${operation.name.value}"` : 'Anonymous Subscription'
    if (second) report(context, `${name} must select only one top level field.`, second)
    for (const field of fields) {
      if (!field.name.value.startsWith('__')) continue
      report(context, `${name} must not select an introspection top level field.`, field)
    }
  },
})

const report = (context: ValidationContext, message: string, node: FieldNode): void =>
  context.reportError(new GraphQLError(message, { nodes: node }))

/** The first root field of each name, through fragments. */
function rootFields(operation: OperationDefinitionNode, context: ValidationContext): readonly FieldNode[] {
  const fields = new Map<string, FieldNode>()
  const seen = new Set<SelectionSetNode>()
  const collect = (selectionSet: SelectionSetNode | undefined): void => {
    // Fragments can form a cycle, which another rule reports.
    if (!selectionSet || seen.has(selectionSet)) return
    seen.add(selectionSet)
    for (const selection of selectionSet.selections) {
      if (selection.kind === Kind.FRAGMENT_SPREAD) collect(context.getFragment(selection.name.value)?.selectionSet)
      else if (selection.kind === Kind.INLINE_FRAGMENT) collect(selection.selectionSet)
      else if (!fields.has(selection.name.value)) fields.set(selection.name.value, selection)
    }
  }
  collect(operation.selectionSet)
  return [...fields.values()]
}
