// Prepares a release: npm run release -- 0.2.0. Ends in an archive; commits, tags and publishes nothing. See CONTRIBUTING.md.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { releaseChangelog } from './changelog.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const run = (program, ...args) => execFileSync(program, args, { cwd: root, stdio: 'inherit' })
const outputOf = (program, ...args) => execFileSync(program, args, { cwd: root, encoding: 'utf8' }).trim()
const fail = (message) => {
  console.error(message)
  process.exit(1)
}

const [version = ''] = process.argv.slice(2)
if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)) fail('usage: npm run release -- 0.2.0')
if (outputOf('git', 'status', '--porcelain') !== '') fail('The tree is not clean: commit or stash first.')

const changelog = `${root}CHANGELOG.md`
const today = new Date().toISOString().slice(0, 10)
try {
  writeFileSync(changelog, releaseChangelog(readFileSync(changelog, 'utf8'), version, today))
} catch (error) {
  fail(error.message)
}
run('npm', 'version', version, '--no-git-tag-version', '--allow-same-version')
run('npm', 'run', 'check')
const [{ filename }] = JSON.parse(outputOf('npm', 'pack', '--json', '--ignore-scripts'))
const checksum = createHash('sha512')
  .update(readFileSync(`${root}${filename}`))
  .digest('hex')

console.log(`
${filename}
sha512 ${checksum}

Next, by hand:
  git commit -am "Release ${version}"
  git tag v${version}
  npm publish ${filename} --provenance
The last one in a workflow with the permission id-token: write, so that npm shows where the package was made.`)
