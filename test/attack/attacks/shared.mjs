// What many attacks share. An attack is an object:
//   name, transport, seconds   the longest that it may take
//   server()                   the hooks of its server, see servers/hostile.mjs
//   client(context)            what the client does, see client-context.mjs
//   bounds, expect             besides the usual ones, see judge.mjs
//   heavy                      measured with nothing beside it; alone: in a process of its own
import { eventOf } from '../servers/events.mjs'

/** The transports that push. */
export const live = ['websocket', 'sse']
export const every = ['websocket', 'sse', 'polling']

/** For each item, an attack or several. */
export const each = (items, make) => items.flatMap(make)

/** Subscribes to events over these transports. */
export const events =
  (transports, { options, args, subscribe, ...how } = {}) =>
  (context) => {
    const meshery = context.meshery({ transports: [transports].flat(), ...options })
    return context.follow((more) => meshery.subscribeEvents(args ?? {}, { ...subscribe, ...more }), how)
  }

/** Subscribes to events by a document of its own. */
export const raw =
  ({ options, subscribe, ...how } = {}) =>
  (context) => {
    const meshery = context.meshery({ transports: ['websocket'], ...options })
    const document = 'subscription { subscribeEvents { id description } }'
    return context.follow((more) => meshery.subscribe(document, {}, { ...subscribe, ...more }), how)
  }

/** Subscribes to the contexts, a state. */
export const contexts =
  (transports, { options, args, subscribe, ...how } = {}) =>
  (context) => {
    const meshery = context.meshery({ transports: [transports].flat(), ...options })
    return context.follow((more) => meshery.subscribeK8sContext(args ?? {}, { ...subscribe, ...more }), how)
  }

/** Runs the command line against the server. */
export const command =
  (args, { env, ...how } = {}) =>
  async (context) => {
    context.cliResult = await context.cli([...args, '--url', context.url], { env, ...how })
  }

/** How many events an honest store gets in most attacks. */
export const few = 5

/** Stores and pushes a few events, once the client has its starting point. */
export const emitting = ({ count = few, everyMs = 120, ...how } = {}) => ({
  anchored(server) {
    server.stats.total = Math.max(server.stats.total, count)
    let number = 0
    server.every(everyMs, (stop) => {
      if (number < count) server.emit(number++, how)
      else stop()
    })
  },
})

/** Joins hooks. Two of one name run one after the other until one returns true. */
export const join = (...all) => {
  const hooks = {}
  for (const one of all)
    for (const [name, hook] of Object.entries(one)) {
      const before = hooks[name]
      hooks[name] = before ? (...given) => before(...given) || hook(...given) : hook
    }
  return hooks
}

/** A hook that is hostile the first times, then honest. */
export const first = (times, hook) => {
  let count = 0
  return (...given) => (++count <= times ? hook(...given) : false)
}

/** A hook of the dial over this transport. */
export const onDial = (transport, hook) =>
  transport === 'websocket'
    ? { upgrade: (server, request, socket) => hook(server, { request, socket }) }
    : { sse: (server, response, request) => hook(server, { request, response, socket: request.socket }) }

/** A hook that is called when a channel of this transport is open: `push(event)`, `drop()`. */
export const onOpen = (transport, hook) =>
  transport === 'websocket'
    ? {
        subscribed: (server, id, peer) =>
          hook(server, {
            push: (event) => peer.next(id, { subscribeEvents: event }),
            drop: () => peer.destroy(),
            end: () => peer.close(1000, 'terminated'),
            peer,
            id,
          }),
      }
    : {
        listening: (server, response) =>
          hook(server, {
            push: (event) => response.write(`data: ${JSON.stringify(event)}\n\n`),
            drop: () => response.destroy(),
            end: () => response.end(),
            response,
          }),
      }

/** Pushes numbered events at a rate, in pieces of 10 ms. Resolves by the mark `flooded`. */
export function flood(server, { perSecond, count, store = false, ids = true, from = 0 }) {
  let number = from
  const began = performance.now()
  server.stats.total = Math.max(server.stats.total, count)
  server.mark('floodBegan')
  server.every(10, (stop) => {
    const due = Math.min(count, from + Math.ceil(((performance.now() - began) / 1_000) * perSecond))
    const batch = []
    for (; number < due; number++) {
      const event = eventOf(number, {})
      if (store) server.store(event)
      batch.push(ids ? event : { ...event, id: '00000000-0000-0000-0000-000000000000' })
    }
    if (batch.length > 0) server.push(batch)
    if (number >= count) {
      stop()
      server.mark('floodEnded')
    }
  })
}

/** For a hook that has answered. */
export const done = () => true
