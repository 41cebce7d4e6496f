// Builds the page of `meshery-live dashboard`: a folder with `index.html` and `assets`, with everything that it needs in it.
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const page = join(root, 'dashboard')

/** Builds the page into a folder, and returns the names of the packages in it. */
export async function buildDashboard(folder) {
  const assets = join(folder, 'assets')
  mkdirSync(assets, { recursive: true })
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [
      { in: 'dashboard/main.tsx', out: 'page' },
      { in: 'dashboard/styles/page.css', out: 'page' },
    ],
    outdir: assets,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2023',
    jsx: 'automatic',
    conditions: ['browser'],
    define: { 'process.env.NODE_ENV': '"production"' },
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  })
  copyFileSync(join(page, 'index.html'), join(folder, 'index.html'))
  copyFileSync(join(page, 'icon.svg'), join(assets, 'icon.svg'))
  const packages = packagesOf(Object.keys(metafile.inputs))
  writeFileSync(join(assets, 'licenses.txt'), packages.map(licenseOf).join('\n\n'))
  return packages
}

/** The packages that files in `node_modules` belong to. */
function packagesOf(files) {
  const names = files.flatMap((file) => file.match(/^node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1] ?? [])
  return [...new Set(names)].sort()
}

/** The license of a package: those of what is bundled must come with it. */
function licenseOf(name) {
  const folder = join(root, 'node_modules', name)
  const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one) && existsSync(join(folder, one)))
  const text = file ? readFileSync(join(folder, file), 'utf8').trim() : `License: ${license}`
  return `${name} ${version}\n\n${text}\n`
}
