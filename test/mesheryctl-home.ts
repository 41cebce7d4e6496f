import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A home directory with mesheryctl's files, until it is disposed of. */
export interface MesheryctlHome extends Disposable {
  readonly home: string
  readonly configPath: string
  /** Of the token of the first context. */
  readonly tokenPath: string
}

/**
 * Makes a home in which mesheryctl has a context `it` for this server, which is the current one.
 * @param authJson The text of its token file.
 * @param others Further contexts: the endpoint and the token file of each, by its name.
 */
export const mesheryctlHome = (
  endpoint: string,
  authJson: string,
  others: Readonly<Record<string, readonly [endpoint: string, authJson: string]>> = {},
): MesheryctlHome => {
  const home = mkdtempSync(join(tmpdir(), 'meshery-live-'))
  const folder = join(home, '.meshery')
  mkdirSync(folder)
  const all = Object.entries({ it: [endpoint, authJson] as const, ...others })
  for (const [name, [, text]] of all) writeFileSync(join(folder, `${name}.json`), text, { mode: 0o600 })
  const contexts = all.map(([name, [url]]) => `  ${name}: {endpoint: ${url}, token: of-${name}}`)
  const tokens = all.map(([name]) => `  - {name: of-${name}, location: ${name}.json}`)
  const config = `contexts:\n${contexts.join('\n')}\ncurrent-context: it\ntokens:\n${tokens.join('\n')}\n`
  writeFileSync(join(folder, 'config.yaml'), config)
  return {
    home,
    configPath: join(folder, 'config.yaml'),
    tokenPath: join(folder, 'it.json'),
    [Symbol.dispose]: () => rmSync(home, { recursive: true }),
  }
}
