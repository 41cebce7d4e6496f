import { pipeline, type Readable, type Transform } from 'node:stream'
import { constants, createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'

/** Goes with every request: a front end often holds a compressed stream back until there is enough of it. */
export const asksForIdentity = { 'accept-encoding': 'identity' } as const

/** Hands on what can be decoded so far, and does not wait for more: the rest of a stream may be long in coming. */
const flush = { flush: constants.Z_SYNC_FLUSH }

const decoders: Readonly<Record<string, () => Transform>> = {
  gzip: () => createGunzip(flush),
  'x-gzip': () => createGunzip(flush),
  deflate: () => createInflate(flush),
  br: () => createBrotliDecompress({ flush: constants.BROTLI_OPERATION_FLUSH }),
}

/** How many encodings of one body are undone: each takes memory of its own, and no front end has more than two. */
const mostEncodings = 3

/**
 * The body without its `content-encoding`; undefined for one that is not known, or for too many of them. `identity` is always asked for, but there
 * are front ends that compress all the same.
 */
export function decoded(body: Readable, encoding: string | null): Readable | undefined {
  const names = (encoding ?? '').toLowerCase().split(/[\s,]+/)
  const needed = names.filter((name) => name !== '' && name !== 'identity').reverse()
  if (needed.length > mostEncodings || !needed.every((name) => Object.hasOwn(decoders, name))) return undefined
  // A body that ends early, or is not encoded so, is an error of the last stream: its reader gets it.
  return needed.reduce<Readable>((encoded, name) => {
    const decoder = decoders[name]?.()
    return decoder ? pipeline(encoded, decoder, () => {}) : encoded
  }, body)
}
