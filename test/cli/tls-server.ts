import { createServer } from 'node:https'

/** A certificate that signs itself, for other.example.com alone. It protects nothing: its key is here. */
const certificate = `-----BEGIN CERTIFICATE-----
MIIBrTCCAVOgAwIBAgIUBhA/vU3UErk+kyRorTyZBsGQJ7AwCgYIKoZIzj0EAwIw
HDEaMBgGA1UEAwwRb3RoZXIuZXhhbXBsZS5jb20wIBcNMjYxMTI5MjA1NDQ5WhgP
MjEyNjExMDUyMDU0NDlaMBwxGjAYBgNVBAMMEW90aGVyLmV4YW1wbGUuY29tMFkw
EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEPhwCkQAS+CLLQfTbBbBV6okDsSm3qPIj
C/oAcypXGGrkZE9ttXOxadqk7wS2xIDLGMh+xzrep3OXE7B9RK3mDKNxMG8wHQYD
VR0OBBYEFC/9zsk2iMkVp4cNke8T0yRSXXpfMB8GA1UdIwQYMBaAFC/9zsk2iMkV
p4cNke8T0yRSXXpfMA8GA1UdEwEB/wQFMAMBAf8wHAYDVR0RBBUwE4IRb3RoZXIu
ZXhhbXBsZS5jb20wCgYIKoZIzj0EAwIDSAAwRQIhAJXDwKDNaKxyaxruZWT8UYCX
bf9qeTMmU5XdXlG1plBzAiBMdWfZf3dCz2pK7g9bdQSRGwYlHzaxS3Kj9+CS6/6F
Aw==
-----END CERTIFICATE-----
`
const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgSlFT7Wu4cOuBSVDv
Jh9aJadqNc9NLnFdBU+TktyrsN2hRANCAAQ+HAKRABL4IstB9NsFsFXqiQOxKbeo
8iML+gBzKlcYauRkT221c7Fp2qTvBLbEgMsYyH7HOt6nc5cTsH1EreYM
-----END PRIVATE KEY-----
`

/** A server with that certificate, which answers nothing. */
export interface TlsServer extends AsyncDisposable {
  readonly url: string
  /** The certificate as PEM. */
  readonly certificate: string
  /** How many connections there were. */
  connections(): number
}

/** @returns A server on a free port of 127.0.0.1. */
export async function tlsServer(): Promise<TlsServer> {
  const server = createServer({ cert: certificate, key }, (_, response) => response.writeHead(503).end())
  let connections = 0
  server.on('connection', () => connections++)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return {
    url: `https://127.0.0.1:${port}`,
    certificate,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}
