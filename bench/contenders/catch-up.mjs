// Reads `count` stored events. With --expose-gc it reports the heap meanwhile in place of the time.
const { who, url, count } = JSON.parse(process.argv[2])

const heaps = []
let received = 0

function event(value) {
  if (value.id === undefined) throw new Error('no event')
  received++
  if (globalThis.gc && received % 10_000 === 0) {
    globalThis.gc()
    heaps.push(process.memoryUsage().heapUsed)
  }
}

const contenders = {
  async bare() {
    for (let number = 0; received < count; number++) {
      const query = `?page=${number}&pagesize=100&sort=created_at&order=asc`
      const { events } = JSON.parse(await (await fetch(`${url}/api/system/events${query}`)).text())
      for (const row of events) event(row)
    }
  },
  async meshery() {
    const { createMeshery } = await import('../../dist/index.js')
    const meshery = createMeshery({ url, token: 'bench', provider: 'None' })
    const cpuBefore = process.cpuUsage()
    const startedAt = process.hrtime.bigint()
    for await (const row of meshery.subscribeEvents({ since: new Date(0) })) {
      event(row)
      if (received === count) break
    }
    return { startedAt, cpuBefore }
  },
}

const cpu = process.cpuUsage()
const began = process.hrtime.bigint()
const { startedAt = began, cpuBefore = cpu } = (await contenders[who]()) ?? {}
const time = Number(process.hrtime.bigint() - startedAt) / 1e6
const { user, system } = process.cpuUsage(cpuBefore)
process.send({ time, cpu: (user + system) / 1000, heaps }, () => process.exit(0))
