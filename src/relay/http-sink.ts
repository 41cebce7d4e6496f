import { refuse, wantNames, wantNumber } from '../base/checks.ts'
import { changedError, errorKinds, MesheryError } from '../base/errors.ts'
import { networkError } from '../base/network-errors.ts'
import { readRetryAfter } from '../base/retry-after.ts'
import { withTimeout } from '../base/with-timeout.ts'
import type { TlsOptions } from '../platform/network-options.ts'
import { nodePlatform } from '../platform/node.ts'
import type { HttpResponse } from '../platform/platform.ts'
import { contentTypes, type Format, formats, formatted } from './formats.ts'
import { webhookHeaders } from './signature.ts'
import type { RelayEvent, Sink } from './sink.ts'

/** Where and how events are posted. */
export interface HttpSinkOptions {
  /** The address, http or https. It may contain a secret: messages show only its origin. */
  readonly url: string | URL
  /** The body. Default `cloudevents`. */
  readonly format?: Format | undefined
  /** Headers of every request, such as `authorization`. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Signs each request by Standard Webhooks: `whsec_` and base64, or any other text. Default: no signature. */
  readonly secret?: string | undefined
  /** How long a receiver may take to answer, in milliseconds. Default 30 000. */
  readonly timeoutMs?: number | undefined
  /** Certificate authorities to trust in addition, a client's certificate and other settings of TLS, as `tls` of `createMeshery`. */
  readonly tls?: TlsOptions | undefined
}

/** Statuses that a retry can change, besides 5xx. */
const retryableStatuses: ReadonlySet<number> = new Set([408, 425, 429])

/**
 * Posts each event, one after another. A status 2xx accepts it; 408, 425, 429, 5xx and everything that happens to the
 * connection is retried, after `Retry-After` where that is given; any other status refuses it. The header `webhook-id` has
 * the id of the event, by which a receiver can drop doubles. The proxies of the environment are used.
 * @throws MesheryError INVALID_OPTION
 */
export const httpSink = (options: HttpSinkOptions): Sink => httpSinkOn(nodePlatform(), options)

/** The same over the connections of a platform, which it closes at its end. */
export function httpSinkOn(platform: SinkPlatform, options: HttpSinkOptions): Sink {
  const { url, timeoutMs, tls, ...settings } = readOptions(options)
  const name = url.origin
  const { network } = platform
  network.configure({ tls, timeouts: { connect: timeoutMs, write: timeoutMs } })
  const late = (): DOMException => new DOMException(`no answer within ${timeoutMs} ms`, 'TimeoutError')
  return {
    name,
    async open() {
      // Reads the certificates: what is none is wrong at every attempt.
      if (url.protocol === 'https:') network.secureOptions()
    },
    async send(item, signal) {
      try {
        // The signal of a relay lives as long as the relay, so it must not be part of another one.
        await withTimeout(timeoutMs, late, signal, async (ended) => {
          const request = requestOf(item, settings)
          await readAnswer(await platform.fetch(url.href, { ...request, signal: ended }), name)
        })
      } catch (thrown) {
        throw thrown instanceof MesheryError ? thrown : failure(thrown, name)
      }
    },
    async close() {
      platform.close()
    },
  }
}

/** What is needed of the platform of Node. */
type SinkPlatform = Pick<ReturnType<typeof nodePlatform>, 'fetch' | 'close' | 'network'>

/** Also what is final for Meshery's own address is retried, such as an expired certificate: events wait until it is renewed. */
function failure(thrown: unknown, name: string): MesheryError {
  const error = networkError(thrown, 'stream', name)
  return changedError(error, { retryable: true, remedy: remedyOf(error) })
}

function remedyOf({ code, remedy }: MesheryError): string {
  if (code !== 'TLS_REFUSED') return 'Check the receiver.'
  if (remedy === errorKinds.TLS_REFUSED.remedy)
    return 'Trust the certificate authority of the receiver: give it in `tls.ca`.'
  return remedy.replace('the server', 'the receiver').replace('`url`', 'the address of the receiver')
}

interface Settings {
  readonly format: Format
  readonly headers: Readonly<Record<string, string>>
  readonly secret: string | undefined
}

function requestOf(item: RelayEvent, { format, headers, secret }: Settings): RequestInit {
  const body = formatted(item, format)
  const signed = { id: item.id, timestamp: Math.floor(Date.now() / 1000), body }
  return {
    method: 'POST',
    body,
    headers: { 'content-type': contentTypes[format], ...headers, ...webhookHeaders(signed, secret) },
  }
}

/** @throws MesheryError unless the status accepts the event. */
async function readAnswer(response: HttpResponse, name: string): Promise<void> {
  const { status, headers } = response
  await discard(response)
  if (status >= 200 && status < 300) return
  const isRetryable = status >= 500 || retryableStatuses.has(status)
  const retryAfter = readRetryAfter(headers)
  throw new MesheryError(status === 429 ? 'RATE_LIMITED' : 'SERVER_ERROR', `${name} answered with status ${status}`, {
    phase: 'stream',
    retryable: isRetryable,
    remedy: isRetryable ? 'Check the receiver.' : 'Check what the receiver wants: address, headers, format.',
    details: { status, ...(retryAfter !== undefined && { retryAfter }) },
  })
}

/** Reads a short body to its end, which frees its connection, and breaks off a long one. */
async function discard({ body }: HttpResponse): Promise<void> {
  let bytes = 0
  try {
    for await (const piece of body ?? []) {
      bytes += piece.byteLength
      if (bytes > 65_536) break
    }
  } catch {
    // The connection broke in the body. The status has decided already, and another connection is made.
  }
}

const names = ['url', 'format', 'headers', 'secret', 'timeoutMs', 'tls']

interface SinkSettings extends Settings {
  readonly url: URL
  readonly timeoutMs: number
  readonly tls: TlsOptions | undefined
}

function readOptions(options: HttpSinkOptions): SinkSettings {
  wantNames('options', options, names)
  const { format = 'cloudevents', headers = {}, secret, timeoutMs = 30_000, tls } = options
  if (!formats.includes(format)) refuse('format', String(format), `one of ${formats.join(', ')}`)
  if (secret === '') refuse('secret', 'an empty text', 'a text')
  return {
    url: readUrl(options.url),
    format,
    headers: readHeaders(headers),
    secret,
    timeoutMs: wantNumber('timeoutMs', timeoutMs, 1),
    tls,
  }
}

function readUrl(given: string | URL): URL {
  const url = URL.canParse(String(given)) ? new URL(given) : undefined
  // Not what was given: it may be a secret.
  return url && /^https?:$/.test(url.protocol) ? url : refuse('url', 'no such address', 'an http or https address')
}

function readHeaders(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  try {
    return Object.fromEntries(new Headers(headers))
  } catch {
    // The error of `Headers` quotes the value, which may be a secret.
    return refuse('headers', 'a name or value that HTTP does not allow', 'an object of texts')
  }
}
