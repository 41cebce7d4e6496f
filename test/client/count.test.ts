import { writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { channels } from './hostile-server.ts'
import { encodings, leaksOf, type Planted, shownBy, tokenOf } from './planted.ts'

const planted: Planted = {
  access:
    'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiI0ZjZkMWE1MiIsIm5hbWUiOiJtZSJ9.Q2hhbmdlZC1zaWduYXR1cmUtb2YtdGhlLXRva2VuLTEyMzQ1',
  refresh: 'rt-8sKq2LmZx91-refreshing+/',
  bearer: 'gw-5Kq81LmZx91uVb+7/bearer',
  key: 'k3y-Zx91uVb77',
  password: 'p4ss/w0rd+77',
  cookie: 'c00k1e-Zx91uVb77aaKK',
  param: 'par4m-Zx77/uVb',
  deepParam: 'd33p-Zx77+uVbQQ',
  renewed: 'ren3wed-9Zx77uVb.Kq81LmZx91uVb.Q3signature',
}
it('counts', async () => {
  const kinds = [
    'token',
    'access',
    'refresh',
    'bearer',
    'key',
    'password',
    'cookie',
    'param',
    'deepParam',
    'renewed',
  ] as const
  const lines: string[] = []
  await Promise.all(
    channels.map(async (channel) => {
      const leaking: string[] = []
      let silent = 0,
        runs = 0
      for (const kind of kinds)
        for (const encoding of Object.keys(encodings)) {
          if (kind === 'renewed' && (!channel.http || channel.follow === 'no provider')) continue
          const secret = kind === 'token' ? tokenOf(planted) : planted[kind]
          const shown = await shownBy(channel, planted, encodings[encoding]!(secret))
          runs++
          if (shown.length < 200) silent++
          if (leaksOf(secret, shown).length > 0) leaking.push(`${kind}/${encoding}`)
        }
      lines.push(`${leaking.length}/${runs} ${channel.name} silent:${silent} ${leaking.join(', ').slice(0, 2000)}`)
    }),
  )
  writeFileSync(process.env['OUT'] ?? '/tmp/count.txt', lines.sort().join('\n'))
  expect(1).toBe(1)
}, 600_000)
