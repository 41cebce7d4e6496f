// What a GraphQL document can be known to be before it is sent, without a parser. Only in Node, so that pages do not load it.
import { refuse } from '../base/checks.ts'

const allowed = 'the text of one GraphQL subscription'

/** Texts in quotes and comments: what looks like syntax in them is none. */
const quoted = /"""(?:\\"""|[\s\S])*?"""|"(?:\\.|[^"\\\n])*"|#[^\n\r]*/g

/** A pair of brackets with no other brackets in it. */
const innermost = /\{[^{}()[\]]*\}|\([^{}()[\]]*\)|\[[^{}()[\]]*\]/g

/** What is outside of all brackets: the heads of the definitions. A bracket in it has no partner. */
function headsOf(document: string): string {
  let text = document.replace(quoted, ' ')
  for (let before = ''; before !== text; ) {
    before = text
    text = text.replace(innermost, ' ; ')
  }
  return text
}

/**
 * Checks that a document is a subscription. One that is not a text yet, since it has to be printed first, is left to the server.
 * @throws MesheryError INVALID_OPTION for a query, a mutation, and a syntax error as far as it can be seen.
 */
export function checkDocument(document: unknown): void {
  if (typeof document !== 'string') return
  const heads = headsOf(document)
  const bracket = /[{}()[\]]/.exec(heads)?.[0]
  if (bracket !== undefined)
    refuse('document', `a text with a syntax error: a \`${bracket}\` without its partner`, allowed)
  if (/^[\s,]*subscription\b|;[\s,]*subscription\b/.test(heads)) return
  const other = /^[\s,]*(query|mutation)\b|;[\s,]*(query|mutation)\b/.exec(heads)
  const isShorthand = /^[\s,]*;/.test(heads)
  const kind = isShorthand ? 'query' : (other?.[1] ?? other?.[2])
  refuse('document', kind === undefined ? 'a text that is no GraphQL subscription' : `a ${kind}`, allowed)
}
