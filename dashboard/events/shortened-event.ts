import type { MesheryEvent } from '../../src/browser.ts'

/** An event of more characters than this is kept shortened. */
const longestEvent = 65_536

/** How many values of the metadata are measured. What has more counts as too long. */
const measuredValues = 2_000

/** Words of the server, of which a long event keeps this many characters each. */
const words = ['severity', 'action', 'status', 'category'] as const
const longestWord = 256

/** About how many characters an event has, with its metadata. */
export function charactersOf(event: MesheryEvent): number {
  const waiting: unknown[] = [event.metadata, event.description, ...words.map((name) => event[name])]
  let characters = 256
  for (let values = 0; waiting.length > 0; values++) {
    if (values === measuredValues) return Math.max(characters, longestEvent + 1)
    const value = waiting.pop()
    if (typeof value === 'string') characters += value.length
    else if (typeof value === 'object' && value !== null) {
      const entries = Object.entries(value)
      characters += entries.length * 16
      for (const [name, inner] of entries.slice(0, measuredValues)) waiting.push(name, inner)
    }
  }
  return characters
}

/**
 * The event, or of a very long one the beginnings of its texts, without its metadata if that is too long. Otherwise a few events of
 * a megabyte each would fill the memory.
 */
export function shortened(event: MesheryEvent): MesheryEvent {
  if (charactersOf(event) <= longestEvent) return event
  const shorter = {
    ...event,
    description: event.description?.slice(0, longestEvent / 4) ?? null,
    ...Object.fromEntries(words.map((name) => [name, event[name]?.slice(0, longestWord) ?? null])),
  }
  return charactersOf(shorter) <= longestEvent ? shorter : { ...shorter, metadata: null }
}
