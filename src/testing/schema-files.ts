import { readFileSync } from 'node:fs'
import type { ReleaseProfile } from './releases/release-profile.ts'

/**
 * The text of a file of the package's own `schema/`. That folder is two folders above this file, in the sources as in `dist/`: a
 * file in an inner room would find it in only one of them.
 */
export const readSchemaFile = (name: ReleaseProfile['schema']): string =>
  readFileSync(new URL(`../../schema/${name}.graphql`, import.meta.url), 'utf8')
