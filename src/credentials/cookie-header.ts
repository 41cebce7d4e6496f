/**
 * The value of the request header `Cookie`: Meshery reads the token and the provider from it. Undefined without any cookie.
 * What a response sets by `Set-Cookie` is read in `cookie.ts`.
 */
export function cookieHeader(cookies: Readonly<Record<string, string>>): string | undefined {
  return joinCookies(...Object.entries(cookies).map(([name, value]) => `${name}=${value}`))
}

/** Several values of the header as one, without those that are undefined. */
export function joinCookies(...values: readonly (string | undefined)[]): string | undefined {
  return values.filter((value) => value !== undefined).join('; ') || undefined
}
