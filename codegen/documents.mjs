import { print, stripIgnoredCharacters } from 'graphql'
import { operationsOf } from './operations.mjs'

/** Writes each operation as a typed string: `export const EventsDocument: Document<EventsSubscription, EventsSubscriptionVariables> = "..."`. */
export function plugin(_schema, documents) {
  const content = operationsOf(documents).map(({ operation, document, data, variables }) => {
    const text = JSON.stringify(stripIgnoredCharacters(print(operation)))
    return `export const ${document}: Document<${data}, ${variables}> = ${text}\n`
  })
  return { prepend: ["import type { Document } from '../base/document.ts'"], content: content.join('\n') }
}
