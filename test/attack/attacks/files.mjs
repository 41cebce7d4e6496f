// Section 9: files that are not regular files.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { each } from './shared.mjs'

const kinds = [
  ['a FIFO', (path) => execFileSync('mkfifo', [path])],
  ['/dev/zero', (path) => symlinkSync('/dev/zero', path)],
  ['/dev/urandom', (path) => symlinkSync('/dev/urandom', path)],
  ['/dev/tty', (path) => symlinkSync('/dev/tty', path)],
  ['a directory', (path) => mkdirSync(path)],
  ['a link to itself', (path) => symlinkSync(path, path)],
  ['a link to a missing file', (path) => symlinkSync('/nonexistent/file', path)],
  [
    'a file of 3 GB without content',
    (path) => {
      writeFileSync(path, '')
      truncateSync(path, 3e9)
    },
  ],
  [
    'a file of 8 MB',
    (path, kind) =>
      writeFileSync(
        path,
        kind === 'config.yaml'
          ? Array.from({ length: 700_000 }, (_, at) => `k${at}: b\n`).join('')
          : `{"token":"${'x'.repeat(8e6)}"}`,
      ),
  ],
  ['bytes that are not text', (path) => writeFileSync(path, Buffer.from([0xff, 0xfe, 0, 1, 2, 0xc3]))],
  ['100,000 levels', (path) => writeFileSync(path, '['.repeat(100_000) + ']'.repeat(100_000))],
  ['nested maps', (path) => writeFileSync(path, `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`)],
  [
    'aliases that multiply',
    (path) =>
      writeFileSync(
        path,
        `a0: &a0 [x,x,x,x,x,x,x,x,x]\n${Array.from({ length: 12 }, (_, at) => `a${at + 1}: &a${at + 1} [${Array(9).fill(`*a${at}`).join(',')}]`).join('\n')}\ncurrent-context: *a12\ncontexts: *a12\n`,
      ),
  ],
  [
    'merges that multiply',
    (path) =>
      writeFileSync(
        path,
        `m0: &m0 {a: b}\n${Array.from({ length: 300 }, (_, at) => `m${at + 1}: &m${at + 1}\n  <<: [${Array(20).fill(`*m${at}`).join(', ')}]\n  k${at}: v`).join('\n')}\ncurrent-context: x\ncontexts: {x: {<<: *m300}}\n`,
      ),
  ],
  [
    'keys "__proto__"',
    (path, kind) =>
      writeFileSync(
        path,
        kind === 'config.yaml'
          ? 'current-context: __proto__\ncontexts:\n  __proto__:\n    endpoint: http://127.0.0.1:1\n'
          : '{"__proto__":{"token":"x"},"constructor":{"prototype":{"polluted":1}}}',
      ),
  ],
]

const places = [
  ['config.yaml', (home) => join(home, '.meshery/config.yaml')],
  ['auth.json', (home) => join(home, '.meshery/auth.json')],
  ['MESHERY_TOKEN_PATH', (home) => join(home, 'token.json')],
]

/** The command ends by itself or by SIGINT; it neither hangs nor fills the memory. */
export const files = each(places, ([place, pathOf]) =>
  each(kinds, ([title, make]) => ({
    name: `file: ${place} is ${title}/polling`,
    transport: 'polling',
    seconds: 22,
    server: () => ({}),
    async client(context) {
      const home = mkdtempSync(join(tmpdir(), 'attack-home-'))
      mkdirSync(join(home, '.meshery'))
      if (place !== 'config.yaml')
        writeFileSync(
          join(home, '.meshery/config.yaml'),
          `current-context: local\ncontexts:\n  local:\n    endpoint: ${context.url}\n    token: Default\ntokens:\n  - name: Default\n    location: auth.json\n`,
        )
      make(pathOf(home), place)
      const env = {
        HOME: home,
        MESHERY_TOKEN: '',
        MESHERY_PROVIDER: '',
        ...(place === 'MESHERY_TOKEN_PATH' && { MESHERY_TOKEN_PATH: pathOf(home), MESHERY_URL: context.url }),
      }
      try {
        context.cliResult = await context.cli(['events', '--transport', 'polling'], {
          env,
          interruptMs: 4_000,
          ms: 8_000,
        })
      } finally {
        rmSync(home, { recursive: true, force: true })
      }
    },
    expect: [
      ({ cli }) => (cli.measures?.lagMax > 2_000 ? `blocks for ${Math.round(cli.measures.lagMax)} ms` : []),
      ({ cli }) =>
        /exit|cannot|could|MESHERY|meshery/i.test(cli.stderr) || cli.signal === 'SIGINT'
          ? []
          : `reports nothing, exit ${cli.code ?? cli.signal}`,
    ],
  })),
)
