import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { root } from './pages.ts'

/** The errors of the compiler in a project, a line each, and the files that it has read, a line each. */
export async function typeCheck(project: string): Promise<string[]> {
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const [done] = await Promise.allSettled([
    promisify(execFile)(process.execPath, [tsc, '-p', project, '--listFiles'], { cwd: root }),
  ])
  const { stdout }: { stdout?: unknown } = done.status === 'fulfilled' ? done.value : done.reason
  return String(stdout).split('\n')
}
