import type { ASTNode } from 'graphql'
import { isRecord, refuse, shown } from '../base/checks.ts'
import { textOf } from '../base/document.ts'

/**
 * The text of a document. A parsed one that has lost its text, as code generators write it, is printed; only then is
 * `graphql` loaded.
 * @throws MesheryError INVALID_OPTION for what is no document.
 */
export function readDocument(document: unknown): string | Promise<string> {
  const text = textOf(document)
  if (text !== undefined) return text
  if (!isParsed(document))
    return refuse('document', shown(document), 'a document: its text, or what was parsed from it')
  return import('graphql/language/printer.js').then(({ print }) => print(document))
}

const isParsed = (value: unknown): value is ASTNode =>
  isRecord(value) && value['kind'] === 'Document' && Array.isArray(value['definitions'])
