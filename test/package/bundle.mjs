// Bundles a program for Node by webpack or Rollup: `node bundle.mjs <how> <program> <folder>`.
import { promisify } from 'node:util'
import commonjs from '@rollup/plugin-commonjs'
import json from '@rollup/plugin-json'
import resolve from '@rollup/plugin-node-resolve'
import { rollup } from 'rollup'
import webpack from 'webpack'

const [how, input, folder] = process.argv.slice(2)

const byWebpack = async (isModule) => {
  const stats = await promisify(webpack)({
    mode: 'production',
    target: 'node20',
    entry: input,
    experiments: { outputModule: isModule },
    output: {
      path: folder,
      filename: isModule ? 'bundled.mjs' : 'bundled.cjs',
      chunkFilename: isModule ? '[id].mjs' : '[id].cjs',
      ...(isModule && { module: true, chunkFormat: 'module' }),
    },
  })
  if (stats.hasErrors()) throw new Error(stats.toString())
}

const byRollup = async (format) => {
  const plugins = [resolve({ preferBuiltins: true, exportConditions: ['node'] }), commonjs(), json()]
  const bundle = await rollup({ input, plugins, onwarn() {} })
  const extension = format === 'cjs' ? 'cjs' : 'mjs'
  await bundle.write({
    dir: folder,
    format,
    entryFileNames: `bundled.${extension}`,
    chunkFileNames: `[name].${extension}`,
  })
  await bundle.close()
}

await {
  'webpack-cjs': () => byWebpack(false),
  'webpack-esm': () => byWebpack(true),
  'rollup-cjs': () => byRollup('cjs'),
  'rollup-esm': () => byRollup('esm'),
}[how]()
