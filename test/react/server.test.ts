import { createElement, type ReactNode, version } from 'react'
import { renderToString } from 'react-dom/server'
import { describe, expect, it } from 'vitest'
import { createMeshery } from '../../src/index.ts'
import { MesheryProvider, useConnectionStatus, useControllers, useEvents } from '../../src/react/index.ts'
import { startFakeMeshery } from '../../src/testing/index.ts'

/** Shows what the hooks give, as JSON. */
const Shown = (): ReactNode => {
  const { events, isLoading, isStale, status, error } = useEvents({ since: '1h' })
  const skipped = useEvents({ skip: true })
  const { data, isLoading: isLoadingControllers } = useControllers()
  const { state } = useConnectionStatus()
  const shown = {
    events,
    isLoading,
    isStale,
    status,
    error,
    data,
    isLoadingControllers,
    state,
    skipped: skipped.isLoading,
  }
  return JSON.stringify(shown).replaceAll('"', "'")
}

const expected = {
  events: [],
  isLoading: true,
  isStale: false,
  status: null,
  error: null,
  isLoadingControllers: true,
  state: 'idle',
  skipped: false,
}

const shownIn = (html: string): unknown => JSON.parse(html.replaceAll('&#x27;', '"'))

describe(`on a server, by React ${version}`, () => {
  it.each(['client', 'options'] as const)('renders what is empty, and sends nothing (%s)', async (given) => {
    await using fake = await startFakeMeshery()
    const options = { url: fake.url, provider: 'None' }
    await using meshery = createMeshery(options)
    const props = given === 'client' ? { client: meshery } : { options }
    const html = renderToString(createElement(MesheryProvider, props, createElement(Shown)))
    expect(shownIn(html)).toEqual(expected)
    // Whatever a hook would send would be there after a request of our own.
    await fetch(`${fake.url}/api/system/version`)
    expect(fake.stats.requests.map(({ path }) => path)).toEqual(['/api/system/version'])
    expect(fake.stats.dials).toEqual([])
  })

  it('makes no client where only hooks of subscriptions are rendered', () => {
    // The client would refuse this address.
    const html = renderToString(
      createElement(MesheryProvider, { options: { url: 'ftp://meshery' } }, createElement(Shown)),
    )
    expect(shownIn(html)).toEqual(expected)
  })

  it('names what is missing without a provider', () => {
    expect(() => renderToString(createElement(Shown))).toThrow('<MesheryProvider>')
  })
})
