import { print } from 'graphql'

const pascal = (name) => name.charAt(0).toUpperCase() + name.slice(1)

/** Writes each operation as a typed string: `export const EventsDocument: Document<EventsSubscription, EventsSubscriptionVariables> = "..."`. */
export function plugin(_schema, documents) {
  const operations = documents
    .flatMap(({ document }) => document?.definitions ?? [])
    .filter((definition) => definition.kind === 'OperationDefinition' && definition.name)
  const content = operations.map((operation) => {
    const name = pascal(operation.name.value)
    const type = `${name}${pascal(operation.operation)}`
    const text = JSON.stringify(print(operation).replace(/\s+/g, ' '))
    return `export const ${name}Document: Document<${type}, ${type}Variables> = ${text}\n`
  })
  return { prepend: ["import type { Document } from '../base/document.ts'"], content: content.join('\n') }
}
