import { type FileHandle, open } from 'node:fs/promises'

/** How many bytes are read at a time to find the end of the last whole line. */
const chunkBytes = 65_536

/** A file to which whole lines are appended, durably. One program writes to it. */
export class LineFile {
  readonly #path: string
  #file: FileHandle | undefined
  #bytes = 0

  constructor(path: string) {
    this.#path = path
  }

  /** The size of the file in bytes. */
  async size(): Promise<number> {
    await this.#opened()
    return this.#bytes
  }

  /** Appends a line. Resolves when it is on the disk. After an error the file has nothing of it. */
  async append(line: string): Promise<void> {
    const file = await this.#opened()
    const data = Buffer.from(`${line}\n`, 'utf8')
    try {
      await file.appendFile(data)
      await file.datasync()
      this.#bytes += data.byteLength
    } catch (error) {
      // A part of the line may be there, as on a full disk. The next one opens the file anew and cuts it off.
      await this.close()
      throw error
    }
  }

  async close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.close()
  }

  async #opened(): Promise<FileHandle> {
    if (this.#file) return this.#file
    const file = await open(this.#path, 'a+')
    try {
      this.#bytes = await cutAfterLastLine(file)
    } catch (error) {
      await file.close()
      throw error
    }
    this.#file = file
    return file
  }
}

/** Cuts off what a crash left of a line: it was not acknowledged, and comes again. Returns the size in bytes. */
async function cutAfterLastLine(file: FileHandle): Promise<number> {
  const { size } = await file.stat()
  let end = size
  while (end > 0) {
    const start = Math.max(0, end - chunkBytes)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(end - start), 0, end - start, start)
    const newline = buffer.subarray(0, bytesRead).lastIndexOf('\n')
    end = newline < 0 ? start : start + newline + 1
    if (newline >= 0) break
  }
  if (end < size) await file.truncate(end)
  return end
}
