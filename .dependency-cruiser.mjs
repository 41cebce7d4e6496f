import { builtinModules } from 'node:module'

/**
 * Which file of `src` and `dashboard` may import which: the rooms of docs/architecture.md. `npm run check:imports` runs it. Imports of
 * types count as well.
 */

/** A room may import from itself and from the rooms before it. */
const rooms = [
  'generated',
  'base',
  'streams',
  'credentials',
  'platform',
  'http',
  'transports',
  'connection',
  'events',
  'states',
  'client',
  'entries',
  'core',
  'actions',
  'cursor',
  'react',
  'doctor',
  'nats',
  'relay',
  'dashboard',
  'cli',
]

/** The pattern of a room's files. */
const filesOf = (room) =>
  room === 'entries' ? '^src/(index|browser|worker|surface|documents|document-texts)\\.ts$' : `^src/${room}/`

/** The entries that browsers, workers and bundlers load. */
const withoutNode = '^src/(((core|actions|cursor|react)/)?(browser|worker)|documents|document-texts)\\.ts$'

const oneWay = rooms.slice(0, -1).map((room, index) => ({
  name: `${room}-imports-no-later-room`,
  comment: `src/${room} may import from: ${rooms.slice(0, index + 1).join(', ')}.`,
  severity: 'error',
  from: { path: filesOf(room) },
  to: {
    path: rooms.slice(index + 1).map(filesOf),
    // The generated documents name their type by it. It imports nothing itself.
    ...(room === 'generated' && { pathNot: '^src/base/document\\.ts$' }),
  },
}))

export default {
  forbidden: [
    ...oneWay,
    {
      name: 'testing-imports-nothing-of-the-client',
      comment: 'The fake Meshery knows only src/base, so that it cannot repeat a mistake of the client.',
      severity: 'error',
      from: { path: '^src/testing/' },
      to: { path: '^src/', pathNot: '^src/(testing|base)/' },
    },
    {
      name: 'only-the-command-line-imports-testing',
      comment: 'The fake Meshery must not get into the client.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(testing|cli)/' },
      to: { path: '^src/testing/' },
    },
    {
      name: 'the-page-imports-what-pages-can',
      comment: 'The page of the dashboard is an application of the package: it imports the browser entries.',
      severity: 'error',
      from: { path: '^dashboard/' },
      to: { path: '^src/', pathNot: '^src/(browser|react/browser|react/frame)\\.ts$' },
    },
    {
      name: 'no-source-imports-the-page',
      comment: 'The page is built into dist/dashboard. The server of the dashboard only serves the files.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^dashboard/' },
    },
    {
      name: 'every-file-is-in-a-known-room',
      comment: 'A new folder needs a place in the order of rooms, here and in docs/architecture.md.',
      severity: 'error',
      from: { path: '^src/', pathNot: [...rooms.map(filesOf), '^src/testing/'] },
      to: {},
    },
    {
      name: 'no-cycle',
      comment: 'Two files that import each other are one subject, or a third one is missing. Types count.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphan',
      comment: 'A file that imports nothing and that no file imports is dead.',
      severity: 'error',
      from: { orphan: true, path: '^src/' },
      to: {},
    },
    {
      name: 'no-unresolved-import',
      comment: 'The file or package does not exist.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-development-dependency',
      comment: 'Users do not have it.',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg'], dependencyTypesNot: ['type-only', 'npm-peer'] },
    },
    {
      name: 'only-the-platform-imports-node',
      comment: 'What differs between platforms is in src/platform.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(cli|testing|platform|doctor|relay|dashboard)/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'browsers-and-workers-reach-nothing-of-node',
      comment: 'Neither directly nor through other files, and no type of it.',
      severity: 'error',
      from: { path: withoutNode },
      to: { path: `^(node:)?(${builtinModules.join('|')})$`, reachable: true },
    },
  ],
  options: {
    // TypeScript 7 has no API that a tool could use.
    parser: 'swc',
    // It reads no JSX: test/dashboard/page-decisions.test.ts checks what these files import.
    exclude: { path: '\\.tsx$' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
}
