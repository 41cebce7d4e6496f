/** The id that Go writes for one that was never set. */
export const nilUUID = '00000000-0000-0000-0000-000000000000'

/** The time that Go writes for one that was never set. */
export const zeroTime = '0001-01-01T00:00:00Z'

/** A moment as Go writes it: RFC 3339 without trailing zeros, so texts of one clock differ in length. */
export const goTime = (ms: number): string => new Date(ms).toISOString().replace(/\.?0*Z$/, 'Z')

const escapes: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
}

/** JSON as Go's encoder writes it: the special characters of HTML are escaped. */
export const goJSON = (value: unknown): string =>
  JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (character) => escapes[character] ?? character)
