import { parse } from 'graphql'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createMeshery } from '../../src/index.ts'
import { type FakeMeshery, startFakeMeshery } from '../../src/testing/index.ts'

const text = 'subscription Mine { subscribeEvents { id description } }'

async function first(fake: FakeMeshery, document: Parameters<ReturnType<typeof createMeshery>['subscribe']>[0]) {
  const meshery = createMeshery({ url: fake.url, provider: 'None' })
  try {
    const subscription = meshery.subscribe(document)
    await subscription.ready
    fake.events.add({ description: 'It came.' })
    for await (const data of subscription) return data
    return undefined
  } finally {
    await meshery.close()
  }
}

describe('`subscribe`', () => {
  it.each([
    ['a text', text],
    ['a text in a `String` object', new String(text)],
    ['a parsed document', parse(text)],
    ['a parsed document without its text, as code generators write it', parse(text, { noLocation: true })],
  ] as const)('%s', async (_, document) => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    expect(await first(fake, document)).toMatchObject({ subscribeEvents: { description: 'It came.' } })
  })

  it('refuses a document that cannot be printed: INVALID_OPTION', async () => {
    await using fake = await startFakeMeshery({ release: 'v0.8' })
    const broken = { kind: 'Document', definitions: [42] }
    await expect(first(fake, broken)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      phase: 'options',
      message: 'The document cannot be printed',
    })
    expect(fake.stats.dials).toEqual([])
  })

  it('refuses a document whose printer is missing: it says so, and that a text needs none', async () => {
    vi.doMock('graphql/language/printer.js', () => {
      throw new Error('Cannot find package')
    })
    onTestFinished(() => {
      vi.doUnmock('graphql/language/printer.js')
    })
    const meshery = createMeshery({ url: 'http://localhost:9', provider: 'None' })
    const lost = meshery.subscribe(parse(text, { noLocation: true }))
    await expect(lost.closed).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      phase: 'options',
      message: 'The document has lost its text, and `graphql`, which prints it, cannot be loaded',
      remedy: 'Pass the document as a text, or install `graphql`.',
    })
    await meshery.close()
  })

  it.each([undefined, '', 42, {}, { kind: 'Field' }])('refuses %s at once: INVALID_OPTION', (document) => {
    const meshery = createMeshery({ url: 'http://localhost:9', provider: 'None' })
    // @ts-expect-error: not a document
    expect(() => meshery.subscribe(document)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
  })
})
