import type { MesheryEvent } from '../../src/browser.ts'

/** An event of more characters than this is kept shortened. */
const longestEvent = 65_536

/** How many values of the metadata are measured. What has more counts as too long. */
const measuredValues = 2_000

/** About how many characters an event has, with its metadata. */
export function charactersOf({ description, metadata }: MesheryEvent): number {
  const waiting: unknown[] = [metadata]
  let characters = 256 + (description?.length ?? 0)
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
 * The event, or the beginning of a very long one: of its texts, and without its metadata if that is too long. Otherwise a few events of
 * a megabyte each would fill the memory.
 */
export function shortened(event: MesheryEvent): MesheryEvent {
  if (charactersOf(event) <= longestEvent) return event
  const shorter = { ...event, description: event.description?.slice(0, longestEvent / 4) ?? null }
  return charactersOf(shorter) <= longestEvent ? shorter : { ...shorter, metadata: null }
}
