/** Parses a text as JSON. Undefined when it is not JSON: each caller answers that in its own way. */
export function parseJSON(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
