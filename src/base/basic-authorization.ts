/** The user and the password of an address as `Basic` credentials: the value of a header. Undefined if it has neither. */
export function basicAuthorization({ username, password }: Pick<URL, 'username' | 'password'>): string | undefined {
  if (username === '' && password === '') return undefined
  const bytes = new TextEncoder().encode(`${decodedPart(username)}:${decodedPart(password)}`)
  return `Basic ${btoa(String.fromCharCode(...bytes))}`
}

/** The user or the password of an address, decoded. A text with a stray `%` stays as it is. */
export const decodedPart = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
