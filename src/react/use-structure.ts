import { useRef } from 'react'
import { structureKey } from './structure-key.ts'

/** A value and the key of its structure. */
export interface Structure<Value> {
  readonly key: string
  readonly value: Value
}

/** The value of the first render with this structure: the same object until the structure is another one. */
export function useStructure<Value>(value: Value): Structure<Value> {
  const key = structureKey(value)
  const kept = useRef<Structure<Value>>({ key, value })
  if (kept.current.key !== key) kept.current = { key, value }
  return kept.current
}
