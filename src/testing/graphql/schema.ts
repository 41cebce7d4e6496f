import {
  buildASTSchema,
  type DefinitionNode,
  type DocumentNode,
  type GraphQLSchema,
  isEnumType,
  isIntrospectionType,
  Kind,
  type ObjectTypeDefinitionNode,
  parse,
  type TypeNode,
  visit,
} from 'graphql'
import type { ReleaseProfile } from '../releases/release-profile.ts'

/** The GraphQL schema of a release, in two forms. */
export interface FakeSchema {
  /** As the release declares it: documents are validated against it. */
  readonly declared: GraphQLSchema
  /**
   * What values are executed against. No output type is non-null, and enums accept any value: gqlgen sends a `severity` or a `status`
   * that its enum does not have, and a resolver of a test may leave fields out. `response.ts` handles the root fields that must not
   * be null.
   */
  readonly lenient: GraphQLSchema
  /** The texts of documents that are known to be valid, oldest first: a client sends the same few again and again. */
  readonly valid: Set<string>
}

/** Makes the schema of a release from the text of the schema of its line. */
export function schemaOf(releaseProfile: ReleaseProfile, text: string): FakeSchema {
  const document = withoutRemoved(parse(text), releaseProfile)
  const lenient = buildASTSchema(withNullableOutput(document))
  for (const type of Object.values(lenient.getTypeMap())) {
    if (isEnumType(type) && !isIntrospectionType(type)) type.serialize = String
  }
  return { declared: buildASTSchema(document), lenient, valid: new Set() }
}

const withNullableOutput = (document: DocumentNode): DocumentNode =>
  visit(document, { FieldDefinition: (field) => ({ ...field, type: nullable(field.type) }) })

function nullable(type: TypeNode): TypeNode {
  if (type.kind === Kind.NON_NULL_TYPE) return nullable(type.type)
  return type.kind === Kind.LIST_TYPE ? { ...type, type: nullable(type.type) } : type
}

/** The queries that are left in releases without subscriptions. */
const remainingQueries: ReadonlySet<string> = new Set([
  'getMeshModelSummary',
  'getPerformanceProfiles',
  'fetchResults',
  'fetchAllResults',
  'fetchPatterns',
])

/** Removes what the release no longer has. */
function withoutRemoved(document: DocumentNode, { websocket, eventsOverWebSocket }: ReleaseProfile): DocumentNode {
  if (eventsOverWebSocket) return document
  if (!websocket) return { ...document, definitions: document.definitions.flatMap(withoutSubscriptions) }
  const definitions = document.definitions.map((definition) =>
    isObject(definition, 'Subscription') ? keepFields(definition, (name) => name !== 'subscribeEvents') : definition,
  )
  return { ...document, definitions }
}

function withoutSubscriptions(definition: DefinitionNode): readonly DefinitionNode[] {
  if (definition.kind === Kind.SCHEMA_DEFINITION) {
    const operationTypes = definition.operationTypes.filter(({ operation }) => operation !== 'subscription')
    return [{ ...definition, operationTypes }]
  }
  if (isObject(definition, 'Subscription')) return []
  if (isObject(definition, 'Query')) return [keepFields(definition, (name) => remainingQueries.has(name))]
  return [definition]
}

const isObject = (definition: DefinitionNode, name: string): definition is ObjectTypeDefinitionNode =>
  definition.kind === Kind.OBJECT_TYPE_DEFINITION && definition.name.value === name

const keepFields = (
  definition: ObjectTypeDefinitionNode,
  keeps: (name: string) => boolean,
): ObjectTypeDefinitionNode => ({
  ...definition,
  fields: definition.fields?.filter(({ name }) => keeps(name.value)) ?? [],
})
