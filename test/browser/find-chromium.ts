import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

// Apart from what drives it, which takes half a second to load: every run of the tests asks whether there is one.

/** The first Chromium on the PATH; undefined when there is none. */
export const findChromium = (): string | undefined => {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isProgram)
}

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    // It is missing or not executable: the next one may work.
    return false
  }
}
