// Holds the hostile servers, apart from the clients: a block in one does not block the other.
import { attacks } from './attacks/index.mjs'
import { Hostile } from './servers/hostile.mjs'

const open = new Map()
let count = 0

const calls = {
  async open(name) {
    const attack = attacks.find((one) => one.name === name)
    const server = await new Hostile(attack.server?.() ?? {}).listen()
    const id = ++count
    open.set(id, server)
    return { id, url: server.url, foreignUrl: server.foreignUrl }
  },
  report: (id) => open.get(id)?.report(),
  close(id) {
    open.get(id)?.close()
    open.delete(id)
  },
}

// A hostile server survives its clients.
process.on('uncaughtException', (error) => console.error('hostile server:', error))
process.on('message', async ({ call, name, given }) => {
  try {
    process.send({ call, result: (await calls[name](...given)) ?? null })
  } catch (error) {
    process.send({ call, error: String(error?.stack ?? error) })
  }
})
process.on('disconnect', () => process.exit(0))
process.send({ ready: true })
