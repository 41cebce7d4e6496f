import { readFileSync } from 'node:fs'
import { buildASTSchema, type DocumentNode, type GraphQLSchema, Kind, parse } from 'graphql'
import type { Manners } from './release.ts'

/** The GraphQL schema of a release, made from the package's own `schema/`, which lies two folders above this one. */
export function schemaOf(manners: Manners): GraphQLSchema {
  const file = new URL(`../../schema/${manners.schema}.graphql`, import.meta.url)
  return buildASTSchema(cut(parse(readFileSync(file, 'utf8')), manners))
}

/** Takes out what the release no longer had. */
function cut(document: DocumentNode, { websocket, eventsOverWebSocket }: Manners): DocumentNode {
  if (eventsOverWebSocket) return document
  const definitions = document.definitions.flatMap((definition) => {
    if (definition.kind === Kind.SCHEMA_DEFINITION && !websocket) {
      const operationTypes = definition.operationTypes.filter((type) => type.operation !== 'subscription')
      return [{ ...definition, operationTypes }]
    }
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION || definition.name.value !== 'Subscription') return [definition]
    if (!websocket) return []
    return [
      { ...definition, fields: definition.fields?.filter((field) => field.name.value !== 'subscribeEvents') ?? [] },
    ]
  })
  return { ...document, definitions }
}
