// The public entries of the package.

/**
 * The entries that a manifest exports as code, with the files that they are made of.
 * @returns {{ name: string, source: string }[]} such as `{ name: 'meshery-live/core', source: 'src/core/index.ts' }`
 */
export const readEntries = ({ name, exports }) =>
  Object.entries(exports)
    .filter(([, target]) => typeof target === 'object')
    .map(([path, target]) => ({
      name: name + path.slice(1),
      source: target.default.replace(/^\.\/dist\/(.*)\.js$/, 'src/$1.ts'),
    }))
