// Writes the reference of the public declarations, a page for each entry of package.json, by TypeDoc.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Application } from 'typedoc'
import { readEntries } from './entries.mjs'

/** @throws an Error when TypeDoc cannot read the sources */
export const writeApi = async (root, folder) => {
  const entries = readEntries(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')))
  const app = await Application.bootstrapWithPlugins({
    plugin: ['typedoc-plugin-markdown'],
    entryPoints: entries.map(({ source }) => join(root, source)),
    tsconfig: join(root, 'tsconfig.build.json'),
    basePath: join(root, 'src'),
    name: 'API',
    out: folder,
    readme: 'none',
    disableSources: true,
    sortEntryPoints: false,
    excludeInternal: true,
    excludePrivate: true,
    // `npm run check:types` reports them.
    skipErrorChecking: true,
    logLevel: 'Error',
    // Options of the plugin.
    outputFileStrategy: 'modules',
    entryFileName: 'index',
    hidePageHeader: true,
    hideBreadcrumbs: true,
    useCodeBlocks: true,
    parametersFormat: 'table',
    interfacePropertiesFormat: 'list',
    typeDeclarationFormat: 'table',
    formatWithPrettier: false,
  })
  const project = await app.convert()
  if (project === undefined) throw new Error('TypeDoc cannot read the sources: see above.')
  // TypeDoc names a module by its file.
  const names = new Map(entries.map(({ name, source }) => [source.replace(/^src\/(.*?)(\/index)?\.ts$/, '$1'), name]))
  for (const module of project.children ?? []) module.name = names.get(module.name) ?? module.name
  await app.generateOutputs(project)
  if (app.logger.hasErrors()) throw new Error('TypeDoc reported errors: see above.')
}
