const meshery = process.env['MESHERY_URL'] ?? 'http://localhost:9081'

/**
 * Passes a stream of server-sent events on. A rewrite of Next would hold it back: Next compresses it, and sends the headers
 * only with the first byte, for which the browser would wait up to 15 s.
 */
export async function passOnStream(request: Request): Promise<Response> {
  const { pathname, search } = new URL(request.url)
  const { status, headers, body } = await fetch(`${meshery}${pathname}${search}`, {
    headers: { accept: 'text/event-stream', cookie: request.headers.get('cookie') ?? '' },
    redirect: 'manual',
    signal: request.signal,
  })
  const passedOn = new Headers({ 'cache-control': 'no-cache, no-transform' })
  for (const [name, value] of headers)
    if (/^(content-type|set-cookie|location)$/.test(name)) passedOn.append(name, value)
  const isStream = headers.get('content-type')?.startsWith('text/event-stream')
  return new Response(isStream ? body?.pipeThrough(afterComment()) : body, { status, headers: passedOn })
}

/** An empty comment as the first bytes, which no reader of events sees. */
const afterComment = (): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> =>
  new TransformStream({ start: (controller) => controller.enqueue(new TextEncoder().encode(':\n\n')) })
