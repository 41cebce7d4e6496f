// From the server's push to the user's code, for `count` events.
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const { who, url, count } = JSON.parse(process.argv[2])

const times = []
const event = (note) => {
  const now = process.hrtime.bigint()
  // The rows stored before were never pushed.
  if (note !== '') times.push(Number(now - BigInt(note)) / 1e6)
  if (times.length === count) process.send(times, () => process.exit(0))
}

const contenders = {
  /** One frame, and for it one page: the page that the reader of the store requests. */
  async bare() {
    const { default: WebSocket } = await import('ws')
    const firstWindow = await pagePlaces()
    const page = async (number, size, order) => {
      const query = `?page=${number}&pagesize=${size}&sort=created_at&order=${order}`
      return JSON.parse(await (await fetch(`${url}/api/system/events${query}`)).text())
    }
    let { total_count: end } = await page(0, 100, 'desc')
    const socket = new WebSocket(`${url.replace('http', 'ws')}/api/system/graphql/query`, 'graphql-transport-ws', {
      perMessageDeflate: false,
    })
    socket.on('open', () => socket.send('{"type":"connection_init"}'))
    socket.on('message', async (data) => {
      const { type } = JSON.parse(data.toString())
      if (type === 'connection_ack')
        socket.send('{"id":"1","type":"subscribe","payload":{"query":"subscription { subscribeEvents { id } }"}}')
      if (type !== 'next') return
      const { events, total_count } = await page(...firstWindow(end, 100), 'asc')
      end = total_count
      event(events.at(-1).metadata.note)
    })
  },
  async meshery() {
    const { createMeshery } = await import('../../dist/index.js')
    const meshery = createMeshery({ url, token: 'bench', provider: 'None' })
    for await (const { metadata } of meshery.subscribeEvents()) event(metadata.note)
  },
}

/** The package's own module of a page, which is not one of its entries. */
async function pagePlaces() {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('../../src/events/page-window.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'esm',
    logLevel: 'error',
  })
  const { firstWindow } = await import(
    `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`
  )
  return firstWindow
}

await contenders[who]()
