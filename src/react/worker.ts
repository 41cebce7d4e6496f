import type { ReactElement } from 'react'
import { createMeshery } from '../worker.ts'
import { type MesheryProviderProps, makeProvider } from './provider.ts'

/**
 * Gives the hooks below it a client: `client`, which the page closes, or `options`, of which it makes and closes one itself.
 * Nothing is sent before a hook is mounted, and nothing on a server that renders the page.
 */
export const MesheryProvider: (props: MesheryProviderProps) => ReactElement =
  /* @__PURE__ */ makeProvider(createMeshery)

export * from './surface.ts'
