import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'

/** What differs between two runs, and what is shown in its place. */
const variable: readonly (readonly [pattern: RegExp, shown: string])[] = [
  // The column of the times, whose width stays.
  [/(?<=^.{24})[ \d]{5} ms(?= {2})/gm, '    N ms'],
  [/\b\d+ ms\b/g, 'N ms'],
  [/(?<=127\.0\.0\.1:)\d+/g, 'PORT'],
  [/\bPort \d+/g, 'Port PORT'],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, 'TIME'],
  [/([\dA-F]{2}:){31}[\dA-F]{2}/g, 'FINGERPRINT'],
  [/TLSv1\.\d, [\w-]+(?=;)/g, 'PROTOCOL, CIPHER'],
  // Newer Node adds advice to OpenSSL's text.
  [/; if the root CA is installed locally[^:]*/g, ''],
  [/\bnginx\/[\d.]+/g, 'nginx/VERSION'],
]

const normalised = (text: string): string =>
  variable.reduce((shown, [pattern, placeholder]) => shown.replace(pattern, placeholder), text)

/**
 * Expects the output of `doctor` to be that of the golden file, without times, ports and fingerprints. `npx vitest run -u` with
 * the name of the test writes the file anew.
 */
export const expectGolden = async (stdout: string, folder: 'doctor' | 'network', name: string): Promise<void> => {
  const file = fileURLToPath(new URL(`../${folder}/golden/${name}.txt`, import.meta.url))
  await expect(normalised(stdout)).toMatchFileSnapshot(file)
}
