import { type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse, STATUS_CODES } from 'node:http'
import { gzipSync } from 'node:zlib'
import type { BrokenBody } from '../faults/active-faults.ts'
import type { ReleaseProfile } from '../releases/release-profile.ts'
import { goJSON } from '../wire/go.ts'
import { resetSocket } from './live-channels.ts'

/** What a route answers with: JSON, with status 200 unless given, or text in the form of Go's `http.Error`. */
export type RouteAnswer =
  | { readonly status?: number; readonly json: unknown }
  | { readonly status: number; readonly text: string }

const brokenBodies = new WeakMap<ServerResponse, BrokenBody>()

/** Makes the body of this answer break after its first half. */
export function breakBody(response: ServerResponse, how: BrokenBody): void {
  brokenBodies.set(response, how)
}

/** Answers with a status, headers and a body. */
export function reply(response: ServerResponse, status: number, headers: OutgoingHttpHeaders = {}, body = ''): void {
  const bytes = encoded(response, body)
  response.writeHead(status, { 'content-length': Buffer.byteLength(bytes), ...headers })
  const broken = brokenBodies.get(response)
  if (broken === undefined) {
    response.end(bytes)
    return
  }
  const { socket } = response
  response.write(bytes.slice(0, bytes.length >> 1), () => {
    if (broken === 'cut' && socket) resetSocket(socket)
  })
}

/** The body in the encoding of the answer: gzip, or unchanged. Pieces of a stream can be encoded one by one. */
export const encoded = (response: ServerResponse, body: string | Uint8Array): string | Uint8Array =>
  response.getHeader('content-encoding') === 'gzip' ? gzipSync(body) : body

export const replyJSON = (response: ServerResponse, value: unknown, status = 200): void =>
  reply(response, status, { 'content-type': 'application/json' }, `${goJSON(value)}\n`)

/** Answers in the form of Go's `http.Error`. */
export const replyText = (response: ServerResponse, status: number, text: string): void =>
  reply(response, status, { 'content-type': 'text/plain; charset=utf-8' }, `${text}\n`)

export function replyAnswer(response: ServerResponse, answer: RouteAnswer): void {
  if ('json' in answer) replyJSON(response, answer.json, answer.status)
  else replyText(response, answer.status, answer.text)
}

export const statusText = (status: number): string => STATUS_CODES[status] ?? String(status)

/** The whole body of a request, as text. */
export async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString()
}

/** A refusal in the form of the release: MeshKit's JSON since v1.0, plain text before. */
export const refuse = (releaseProfile: ReleaseProfile, status: number, text: string): RouteAnswer =>
  releaseProfile.distinguishesRefusals
    ? {
        status,
        json: {
          error: text,
          code: 'meshery-server-1000',
          severity: 'ERROR',
          probableCause: [],
          suggestedRemediation: [],
          longDescription: [text],
        },
      }
    : { status, text }
