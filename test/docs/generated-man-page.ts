import { connectionNotes } from '../../src/cli/help.ts'
import { commandTable } from '../../src/cli/program.ts'
import { manPageOf } from './man-page.ts'

/** The manual page as the declarations give it now. */
export const currentManPage = (): string => manPageOf(commandTable(), connectionNotes)
export { manPage } from './man-page.ts'
