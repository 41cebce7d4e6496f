import type { ASTNode } from 'graphql'
import { isRecord, refuse, shown } from '../base/checks.ts'
import { textOf } from '../base/document.ts'
import { MesheryError } from '../base/errors.ts'

/**
 * The text of a document. A parsed one that has lost its text, as code generators write it, is printed; only then is
 * `graphql` loaded. The promise resolves with the error where that fails.
 * @throws MesheryError INVALID_OPTION for what is no document.
 */
export function readDocument(document: unknown): string | Promise<string | MesheryError> {
  const text = textOf(document)
  if (text !== undefined) return text
  if (!isParsed(document))
    return refuse('document', shown(document), 'a document: its text, or what was parsed from it')
  return print(document)
}

const print = async (document: ASTNode): Promise<string | MesheryError> => {
  const loaded = await import('graphql/language/printer.js').catch((cause: unknown) =>
    unprintable('has lost its text, and `graphql`, which prints it, cannot be loaded', cause, {
      remedy: 'Pass the document as a text, or install `graphql`.',
    }),
  )
  if (loaded instanceof MesheryError) return loaded
  try {
    return loaded.print(document)
  } catch (cause) {
    return unprintable('cannot be printed', cause)
  }
}

const unprintable = (why: string, cause: unknown, init: { readonly remedy?: string } = {}): MesheryError =>
  new MesheryError('INVALID_OPTION', `The document ${why}`, { phase: 'options', cause, ...init })

const isParsed = (value: unknown): value is ASTNode =>
  isRecord(value) && value['kind'] === 'Document' && Array.isArray(value['definitions'])
