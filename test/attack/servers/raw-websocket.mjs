// WebSocket frames written by hand, so that a server can also send what no library would.
import { createHash } from 'node:crypto'

const magic = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 }

/** The value of `sec-websocket-accept` for a request. */
export const acceptOf = (request) =>
  createHash('sha1').update(`${request.headers['sec-websocket-key']}${magic}`).digest('base64')

/** The response to an upgrade. `protocol: null` names none. */
export const upgradeAnswer = (
  request,
  { protocol = 'graphql-transport-ws', accept = acceptOf(request), headers = [] } = {},
) =>
  [
    'HTTP/1.1 101 Switching Protocols',
    'upgrade: websocket',
    'connection: Upgrade',
    `sec-websocket-accept: ${accept}`,
    ...(protocol === null ? [] : [`sec-websocket-protocol: ${protocol}`]),
    ...headers,
    '\r\n',
  ].join('\r\n')

/** A frame. `mask` and `rsv` break the protocol when a server sets them. `length` claims another length than the true one. */
export function frame(payload, { opcode = opcodes.text, fin = true, rsv = 0, mask = false, length } = {}) {
  const body = typeof payload === 'string' ? Buffer.from(payload) : payload
  const claimed = BigInt(length ?? body.length)
  const first = (fin ? 0x80 : 0) | (rsv << 4) | opcode
  const masked = mask ? 0x80 : 0
  let head
  if (claimed < 126n) head = Buffer.from([first, masked | Number(claimed)])
  else if (claimed < 65_536n) head = Buffer.from([first, masked | 126, Number(claimed) >> 8, Number(claimed) & 255])
  else {
    head = Buffer.alloc(10)
    head[0] = first
    head[1] = masked | 127
    head.writeBigUInt64BE(claimed, 2)
  }
  // With a key of zeros the body remains as it is.
  return mask ? Buffer.concat([head, Buffer.alloc(4), body]) : Buffer.concat([head, body])
}

export const closeFrame = (code, reason = '') => {
  if (code === null) return frame(Buffer.alloc(0), { opcode: opcodes.close })
  const text = Buffer.isBuffer(reason) ? reason : Buffer.from(reason)
  return frame(Buffer.concat([Buffer.from([code >> 8, code & 255]), text]), { opcode: opcodes.close })
}

/** Where the length of a payload ends, and the length; undefined while bytes of it are missing. */
const readLength = (bytes) => {
  if (bytes.length < 2) return undefined
  const short = bytes[1] & 127
  if (short < 126) return { at: 2, length: short }
  if (short === 126) return bytes.length < 4 ? undefined : { at: 4, length: bytes.readUInt16BE(2) }
  return bytes.length < 10 ? undefined : { at: 10, length: Number(bytes.readBigUInt64BE(2)) }
}

/** The first frame of these bytes, and where it ends; undefined while a part of it is missing. */
const readFrame = (bytes) => {
  const header = readLength(bytes)
  if (header === undefined) return undefined
  const { at, length } = header
  const isMasked = (bytes[1] & 128) !== 0
  const from = at + (isMasked ? 4 : 0)
  const end = from + length
  if (bytes.length < end) return undefined
  const payload = Buffer.from(bytes.subarray(from, end))
  if (isMasked) for (let index = 0; index < length; index++) payload[index] ^= bytes[at + (index & 3)]
  return { opcode: bytes[0] & 15, payload, end }
}

/** One connection on the side of the server. Reads the frames of the client, and writes the given frames. */
export class RawPeer {
  #socket
  #buffer = Buffer.alloc(0)
  /** Receives each message of the client, parsed. */
  onMessage = () => {}
  /** Receives control frames: the opcode and the payload. */
  onControl = () => {}
  onClose = () => {}
  operations = new Set()

  constructor(socket) {
    this.#socket = socket
    socket.on('data', (data) => this.#read(data))
    socket.on('error', () => {})
    socket.on('close', () => this.onClose())
  }

  get socket() {
    return this.#socket
  }

  get isOpen() {
    return this.#socket.writable
  }

  /** Writes bytes. Returns false when the client does not read them fast enough. */
  write(bytes) {
    return this.#socket.writable ? this.#socket.write(bytes) : false
  }

  json(value) {
    return this.write(frame(JSON.stringify(value)))
  }

  next(id, data, more = {}) {
    return this.json({ type: 'next', id, payload: { data, ...more } })
  }

  close(code = 1000, reason = '') {
    this.write(closeFrame(code, reason))
  }

  destroy() {
    this.#socket.destroy()
  }

  #read(data) {
    this.#buffer = this.#buffer.length === 0 ? data : Buffer.concat([this.#buffer, data])
    for (let frame = readFrame(this.#buffer); frame !== undefined; frame = readFrame(this.#buffer)) {
      this.#buffer = this.#buffer.subarray(frame.end)
      if (frame.opcode === opcodes.text) this.onMessage(JSON.parse(frame.payload.toString()))
      else this.onControl(frame.opcode, frame.payload)
    }
  }
}
