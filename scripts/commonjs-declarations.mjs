// Writes the declarations a second time, for files that `require` the package: TypeScript takes a `.d.ts` of this package for
// a module, and up to 5.7 it refuses to let CommonJS import one, although Node has long allowed it.
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const relative = /(?<=\b(?:from|import\()\s*)(['"])(\.[^'"]*)\.ts\1/g

/** The map of a copied declaration: the same places, under the name of the copy. */
const mapFor = (file) => {
  const map = JSON.parse(readFileSync(`${file}.map`, 'utf8'))
  return JSON.stringify({ ...map, file: map.file.replace(/\.d\.ts$/, '.d.cts') })
}

/** Copies each entry (`dist/index.d.ts`) and every file that it imports from the package (to `dist/index.d.cts`), with their maps. */
export const writeCommonJsDeclarations = (entries) => {
  const done = new Set()
  const copy = (file) => {
    if (done.has(file)) return
    done.add(file)
    const text = readFileSync(file, 'utf8')
    const target = file.replace(/\.d\.ts$/, '.d.cts')
    const copied = text
      .replace(relative, '$1$2.cjs$1')
      .replace(/(?<=^\/\/# sourceMappingURL=.*)\.d\.ts\.map$/m, '.d.cts.map')
    writeFileSync(target, copied)
    writeFileSync(`${target}.map`, mapFor(file))
    for (const [, , path] of text.matchAll(relative)) copy(join(dirname(file), `${path}.d.ts`))
  }
  for (const entry of entries) copy(entry)
}
