import { defineConfig, type ProxyOptions } from 'vite'

/** The Meshery Server. The development server passes `/api` on to it, so that the page has its origin and its cookies. */
const target = process.env['MESHERY_URL'] ?? 'http://localhost:9081'

/**
 * Passes a stream of server-sent events on as it is. Vite alone sends its headers only with its first line, which can take 15 s,
 * and keeps the page's stream open when Meshery's breaks off.
 */
const passOnStreams: ProxyOptions['configure'] = (proxy) => {
  proxy.on('proxyRes', (incoming, _request, response) => {
    if (!incoming.headers['content-type']?.startsWith('text/event-stream')) return
    setImmediate(() => response.flushHeaders())
    incoming.once('close', () => {
      if (!incoming.complete) response.destroy()
    })
  })
}

/** A login passes through the last three. */
const proxy: Record<string, ProxyOptions> = {
  '/api': { target, ws: true, configure: passOnStreams },
  '/provider': { target },
  '/auth': { target },
  '/user': { target },
}

export default defineConfig({ server: { proxy } })
