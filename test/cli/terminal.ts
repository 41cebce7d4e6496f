const esc = '\u001b'
/** A command to the terminal, or a letter. */
const parts = new RegExp(`${esc}\\[[\\d;?]*[A-Za-z]|[\\s\\S]`, 'gu')

/** The screen of a terminal after what a program has written to it. Knows only the sequences that the program may use. */
export class Screen {
  readonly #columns: number
  #lines: string[][] = [[]]
  #row = 0
  #column = 0
  /** How often a line was cleared. */
  erased = 0

  constructor(columns: number) {
    this.#columns = columns
  }

  /** The lines from the top, without trailing blanks. */
  get lines(): string[] {
    const lines = this.#lines.map((line) =>
      Array.from(line, (letter = ' ') => letter)
        .join('')
        .trimEnd(),
    )
    while (lines.at(-1) === '') lines.pop()
    return lines
  }

  write(text: string): this {
    for (const [part] of text.matchAll(parts)) this.#take(part)
    return this
  }

  #take(part: string): void {
    if (part === '\r') this.#column = 0
    else if (part === '\n') this.#move(1)
    else if (!part.startsWith(esc)) this.#print(part)
    else if (part === `${esc}[A`) this.#row = Math.max(0, this.#row - 1)
    else if (part === `${esc}[2K`) this.#clear()
    else if (!part.endsWith('m')) throw new Error(`The terminal does not know ${JSON.stringify(part)}`)
  }

  #print(letter: string): void {
    if (this.#column === this.#columns) {
      this.#column = 0
      this.#move(1)
    }
    const line = this.#lines[this.#row] ?? []
    line[this.#column] = letter
    this.#lines[this.#row] = line
    this.#column++
  }

  #move(rows: number): void {
    this.#row += rows
    while (this.#lines.length <= this.#row) this.#lines.push([])
  }

  #clear(): void {
    this.erased++
    this.#lines[this.#row] = []
  }
}
