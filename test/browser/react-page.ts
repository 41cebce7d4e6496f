import { createElement, type ReactNode, StrictMode, useState, version } from 'react'
import { createRoot } from 'react-dom/client'
import type { Meshery, MesheryEvent } from '../../src/browser.ts'
import {
  type ConnectionStatus,
  type EventsView,
  MesheryProvider,
  useConnectionStatus,
  useControllers,
  useEvents,
  useMeshery,
} from '../../src/react/browser.ts'

/** What the tests choose. */
interface Choice {
  readonly isMounted: boolean
  readonly skip: boolean
  readonly since: string
  readonly limit: number
}

/** What the page shows to the test. */
export interface ShownByReact {
  readonly version: string
  readonly choose: (change: Partial<Choice>) => void
  /** What the two hooks with the same arguments gave at the last render. */
  readonly views: EventsView[]
  /** How often the first of them was rendered. */
  renders: number
  /** How many frames the page has drawn. */
  frames: number
  /** What `onEvent` received. */
  readonly received: MesheryEvent[]
  connection: ConnectionStatus | undefined
  controllers: ReturnType<typeof useControllers> | undefined
  meshery: Meshery | undefined
}

declare global {
  var react: ShownByReact
}

/** The options of the client, as JSON after the `#` of the address. */
const options = JSON.parse(decodeURIComponent(location.hash.slice(1)) || '{}')

const shown: ShownByReact = {
  version,
  choose: () => {},
  views: [],
  renders: 0,
  frames: 0,
  received: [],
  connection: undefined,
  controllers: undefined,
  meshery: undefined,
}
globalThis.react = shown
const countFrames = (): void => {
  shown.frames++
  requestAnimationFrame(countFrames)
}
countFrames()

const Events = ({ index, choice }: { readonly index: number; readonly choice: Choice }): ReactNode => {
  // Inline objects, lists and functions: others at each render.
  const view = useEvents({
    severity: ['error', 'informational'],
    since: choice.since,
    limit: choice.limit,
    skip: choice.skip,
    onEvent: (event) => {
      if (index === 0) shown.received.push(event)
    },
  })
  shown.views[index] = view
  if (index === 0) shown.renders++
  return createElement(
    'ol',
    null,
    view.events.map(({ key, description }) => createElement('li', { key }, description)),
  )
}

const Controllers = (): ReactNode => {
  shown.controllers = useControllers({})
  return null
}

const Connection = (): ReactNode => {
  shown.connection = useConnectionStatus()
  shown.meshery = useMeshery()
  return createElement('output', null, shown.connection.state)
}

const App = (): ReactNode => {
  const [choice, setChoice] = useState<Choice>({ isMounted: true, skip: false, since: '1h', limit: 500 })
  Object.assign(shown, { choose: (change: Partial<Choice>) => setChoice((old) => ({ ...old, ...change })) })
  // Inline options: another object at each render.
  return createElement(
    MesheryProvider,
    { options: { ...options } },
    createElement(Connection),
    choice.isMounted && createElement(Events, { index: 0, choice }),
    choice.isMounted && createElement(Events, { index: 1, choice }),
    choice.isMounted && createElement(Controllers),
  )
}

const place = document.createElement('main')
document.body.append(place)
createRoot(place).render(createElement(StrictMode, null, createElement(App)))
