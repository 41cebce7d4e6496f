import { defineConfig } from 'vite'

/** The Meshery Server. The development server passes `/api` on to it, so that the page has its origin and its cookies. */
const target = process.env['MESHERY_URL'] ?? 'http://localhost:9081'

export default defineConfig({
  server: {
    proxy: { '/api': { target, ws: true }, '/provider': { target }, '/auth': { target }, '/user': { target } },
  },
})
