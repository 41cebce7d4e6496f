import { readFileSync } from 'node:fs'
import {
  buildASTSchema,
  type DefinitionNode,
  type DocumentNode,
  type GraphQLSchema,
  Kind,
  type ObjectTypeDefinitionNode,
  parse,
} from 'graphql'
import type { Manners } from './release.ts'

/** The GraphQL schema of a release, made from the package's own `schema/`, which lies two folders above this one. */
export function schemaOf(manners: Manners): GraphQLSchema {
  const file = new URL(`../../schema/${manners.schema}.graphql`, import.meta.url)
  return buildASTSchema(cut(parse(readFileSync(file, 'utf8')), manners))
}

/** What a release without subscriptions still answers. */
const queriesLeft: ReadonlySet<string> = new Set([
  'getMeshModelSummary',
  'getPerformanceProfiles',
  'fetchResults',
  'fetchAllResults',
  'fetchPatterns',
])

/** Takes out what the release no longer had. */
function cut(document: DocumentNode, { websocket, eventsOverWebSocket }: Manners): DocumentNode {
  if (eventsOverWebSocket) return document
  const pick = (definition: ObjectTypeDefinitionNode, keeps: (name: string) => boolean): ObjectTypeDefinitionNode[] => [
    { ...definition, fields: definition.fields?.filter((field) => keeps(field.name.value)) ?? [] },
  ]
  const definitions = document.definitions.flatMap((definition): DefinitionNode[] => {
    if (definition.kind === Kind.SCHEMA_DEFINITION && !websocket) {
      const operationTypes = definition.operationTypes.filter((type) => type.operation !== 'subscription')
      return [{ ...definition, operationTypes }]
    }
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION) return [definition]
    if (definition.name.value === 'Query' && !websocket) return pick(definition, (name) => queriesLeft.has(name))
    if (definition.name.value !== 'Subscription') return [definition]
    return websocket ? pick(definition, (name) => name !== 'subscribeEvents') : []
  })
  return { ...document, definitions }
}
