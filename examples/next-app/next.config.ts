import type { NextConfig } from 'next'

/** The Meshery Server. Next passes `/api` on to it, so that the page has its origin and its cookies. */
const meshery = process.env['MESHERY_URL'] ?? 'http://localhost:9081'

const config: NextConfig = {
  rewrites: async () =>
    ['/api/:path*', '/provider', '/user/:path*'].map((source) => ({ source, destination: `${meshery}${source}` })),
}

export default config
