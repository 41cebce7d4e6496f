const pascal = (name) => name.charAt(0).toUpperCase() + name.slice(1)

/** The named operations of the documents, with the names that the generated code has for each. */
export const operationsOf = (documents) =>
  documents
    .flatMap(({ document }) => document?.definitions ?? [])
    .filter((definition) => definition.kind === 'OperationDefinition' && definition.name)
    .map((operation) => {
      const name = pascal(operation.name.value)
      const type = `${name}${pascal(operation.operation)}`
      return { operation, document: `${name}Document`, data: type, variables: `${type}Variables` }
    })
