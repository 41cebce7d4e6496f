/** Attacks that break a bound today, and why. Each is a fault to fix: the list must only get shorter. */
const memory = 'what waits is bounded (28 MiB), but the process comes to 260 to 300 MiB before it is collected'

export const known = new Map([
  ['bytes: 400 events of 1 MB without rows, reader late/websocket', memory],
  ['bytes: 400 events of 1 MB without rows, reader late/sse', memory],
])
