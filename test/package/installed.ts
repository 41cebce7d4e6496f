import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const root = join(import.meta.dirname, '../..')

/** A project of a user, outside this one, in which the packed package is installed. */
export interface Installed extends AsyncDisposable {
  readonly folder: string
  /** The environment of its programs: a home of its own, and no variable for Meshery. */
  readonly env: NodeJS.ProcessEnv
  /** The home, empty at first. */
  readonly home: string
  /** Adds another package of `from`'s node_modules to the project, perhaps under another name. */
  link(from: string, name: string, as?: string): Promise<void>
}

/** Packs what `npm run build` made and installs it, with the dependencies that are installed here. */
export const installPacked = async (): Promise<Installed> => {
  const folder = await mkdtemp(join(tmpdir(), 'meshery-live-installed-'))
  const run = promisify(execFile)
  const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder, root], {
    cwd: folder,
  })
  const [{ filename }] = JSON.parse(stdout)
  const place = join(folder, 'node_modules/meshery-live')
  const home = join(folder, 'home')
  await mkdir(place, { recursive: true })
  await mkdir(home)
  await run('tar', ['-xzf', join(folder, filename), '-C', place, '--strip-components=1'])
  const { dependencies, version } = JSON.parse(await readFile(join(place, 'package.json'), 'utf8'))
  const manifest = { private: true, type: 'module', dependencies: { 'meshery-live': version } }
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest))
  const link: Installed['link'] = async (from, name, as = name) => {
    const path = join(folder, 'node_modules', as)
    await mkdir(dirname(path), { recursive: true })
    await symlink(join(from, 'node_modules', name), path, 'junction')
  }
  for (const name of Object.keys(dependencies)) await link(root, name)
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(MESHERY|NODE_OPTIONS|VITEST)/.test(name)),
  )
  return {
    folder,
    home,
    env: { ...env, HOME: home, USERPROFILE: home },
    link,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}
