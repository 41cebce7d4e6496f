/** Attacks that break a bound today, and why. Each is a fault to fix; the list must only get shorter. */
const onePage =
  'rows stored while the size of the pages is being found out are passed over, without a notice, if a page has one row'
const memory = 'what waits is bounded, but the memory of the process comes to 260 to 340 MiB before it is collected'

export const known = new Map([
  ['lie: pages of 1 rows/websocket', onePage],
  ['lie: pages of 1 rows/sse', onePage],
  ['lie: pages of 1 rows/polling', onePage],
  ['bytes: 400 events of 1 MB without rows, reader late/websocket', memory],
  ['bytes: 400 events of 1 MB without rows, reader late/sse', memory],
  ['bytes: a message of endless lines/sse', memory],
])
