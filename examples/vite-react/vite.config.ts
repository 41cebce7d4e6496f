import { defineConfig, type ProxyOptions } from 'vite'

/** The Meshery Server. The development server passes `/api` on to it, so that the page has its origin and its cookies. */
const target = process.env['MESHERY_URL'] ?? 'http://localhost:9081'

/** Sends the headers of a stream of server-sent events at once. Vite alone waits for its first line, which can take 15 s. */
const flushStreams: ProxyOptions['configure'] = (proxy) => {
  proxy.on('proxyRes', ({ headers }, _request, response) => {
    if (headers['content-type']?.startsWith('text/event-stream')) setImmediate(() => response.flushHeaders())
  })
}

export default defineConfig({
  server: { proxy: { '/api': { target, ws: true, configure: flushStreams }, '/provider': { target } } },
})
