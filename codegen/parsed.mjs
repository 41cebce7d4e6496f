import { operationsOf } from './operations.mjs'

const typedDocumentNode = `
/** A parsed document that knows the types of its data and its variables, by the key that typed documents use everywhere. */
export type TypedDocumentNode<Data, Variables> = DocumentNode & { readonly __apiType?: (variables: Variables) => Data }
`

/** Writes each operation as what `parse` makes of its typed string, which the file `config.texts` has. */
export function plugin(_schema, documents, { texts }) {
  // Marked as pure, so that a bundle leaves out what is not used.
  const parsed = operationsOf(documents).map(
    ({ document, data, variables }) =>
      `export const ${document}: TypedDocumentNode<texts.${data}, texts.${variables}> = /* @__PURE__ */ parse(texts.${document})\n`,
  )
  const prepend = ["import { type DocumentNode, parse } from 'graphql'", `import * as texts from '${texts}'`]
  // The types of data and variables, so that a library can name what it makes of a document.
  const types = `export type * from '${texts}'\n`
  return { prepend, content: [types, typedDocumentNode, ...parsed].join('\n') }
}
