import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { startFakeMeshery } from '../../src/testing/index.ts'
import { hasty, watch } from '../client/watching.ts'
import { serve } from '../dashboard/served.ts'
import { eventually } from '../waiting.ts'
import { certificates, folder, nginx, passesAll, squid, upgradeMap } from './parts.ts'

const identity = { provider: 'Meshery', token: 'planted-token-8sKq2LmZx91uVb77aa' }

it.each([
  ['websocket', 'v1.0'],
  ['sse', 'current'],
  ['polling', 'current'],
] as const)(
  'the page of a dashboard gets events over %s from %s, through a proxy with a password, TLS with a certificate of the client, and Basic at the ingress',
  async (transport, release) => {
    using dir = folder()
    await using fake = await startFakeMeshery({ release, auth: identity })
    const [server, client] = [certificates(dir.path), certificates(dir.path, { prefix: 'client' })]
    const hash = execFileSync('openssl', ['passwd', '-apr1', 'planted-password'], { encoding: 'utf8' }).trim()
    writeFileSync(join(dir.path, 'ingress-users'), `user:${hash}\n`)
    await using ingress = await nginx(
      dir.path,
      `${upgradeMap} server { listen 127.0.0.1:PORT ssl;
        ssl_certificate ${server.certFile}; ssl_certificate_key ${server.keyFile};
        ssl_verify_client on; ssl_client_certificate ${client.caFile};
        auth_basic gateway; auth_basic_user_file ${dir.path}/ingress-users;
        location /meshery/ { proxy_pass ${fake.url}/; ${passesAll} } }`,
    )
    await using proxy = await squid(dir.path, 's3cretpassword')
    await using own = await serve({
      url: `https://user:planted-password@localhost:${ingress.port}/meshery`,
      ...identity,
      tls: { ca: server.ca, cert: readFileSync(client.certFile), key: readFileSync(client.keyFile) },
      proxy: `http://corp:s3cretpassword@127.0.0.1:${proxy.port}`,
    })
    const options = { ...hasty, headers: { cookie: own.cookie }, transports: [transport] }
    await using watching = watch(own.url, { options })
    await watching.subscription.ready
    fake.events.add({ description: 'far away' })
    await eventually(() => expect(watching.events).toHaveLength(1))
    expect(watching.subscription.status.transport).toBe(transport)
    expect(JSON.parse((await own.get('/dashboard.json')).body)).toMatchObject({
      server: { url: `https://localhost:${ingress.port}/meshery` },
    })
  },
)
