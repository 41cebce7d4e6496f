import { readFileSync } from 'node:fs'
import type { BrowserContextOptions, Page } from 'playwright-core'

/** A picture of the dashboard in the documents. */
export interface Picture {
  readonly name: string
  readonly options: Required<Pick<BrowserContextOptions, 'colorScheme'>> & {
    readonly viewport: { readonly width: number; readonly height: number }
  }
}

/** All of them. */
export const pictures: readonly Picture[] = [
  { name: 'dark', options: { colorScheme: 'dark', viewport: { width: 1280, height: 720 } } },
  { name: 'light', options: { colorScheme: 'light', viewport: { width: 1280, height: 720 } } },
  { name: 'narrow', options: { colorScheme: 'light', viewport: { width: 360, height: 800 } } },
]

/** The file of a picture. */
export const pictureFile = ({ name }: Pick<Picture, 'name'>): URL =>
  new URL(`../../docs/images/dashboard-${name}.png`, import.meta.url)

/** The size in the header of a PNG. @throws Error if it is no PNG. */
export function sizeOfPng(bytes: Buffer): { readonly width: number; readonly height: number } {
  if (bytes.subarray(1, 4).toString() !== 'PNG' || bytes.subarray(12, 16).toString() !== 'IHDR')
    throw new Error('It is no PNG.')
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) }
}

/** The width in pixels of a text in the font that the committed pictures are written in. Change it if they are written in another font. */
export const writtenTextWidth = 417

/** The same in the font of this machine. */
export const textWidth = (page: Page): Promise<number> =>
  page.evaluate(() => {
    const context = new OffscreenCanvas(1, 1).getContext('2d')
    if (!context) return 0
    context.font = '14px system-ui, sans-serif'
    return Math.round(context.measureText('The quick brown fox jumps over the lazy dog, 0123456789.').width)
  })

/** What a picture looks like. */
export interface Look {
  /** How many different colours it has. */
  readonly colours: number
  /** The share of its pixels that have the most frequent colour, from 0 to 1. */
  readonly ground: number
  /** The mean of red, green and blue in each square of 20 pixels, from 0 to 255. */
  readonly squares: readonly number[]
}

/** Looks at a PNG in a page that may load it. */
export const lookAt = (page: Page, png: Buffer): Promise<Look> =>
  page.evaluate(
    async (url) => {
      const side = 20
      const image = await createImageBitmap(await (await fetch(url)).blob())
      const { width, height } = image
      const context = new OffscreenCanvas(width, height).getContext('2d')
      context?.drawImage(image, 0, 0)
      const { data } = context?.getImageData(0, 0, width, height) ?? { data: new Uint8ClampedArray() }
      const counts = new Map<number, number>()
      const columns = Math.ceil(width / side)
      const sums = new Array<number>(columns * Math.ceil(height / side)).fill(0)
      const pixels = new Array<number>(sums.length).fill(0)
      for (let at = 0; at < data.length; at += 4) {
        const [red = 0, green = 0, blue = 0] = data.subarray(at, at + 3)
        const colour = red * 65_536 + green * 256 + blue
        counts.set(colour, (counts.get(colour) ?? 0) + 1)
        const pixel = at / 4
        const square = Math.floor(pixel / width / side) * columns + Math.floor((pixel % width) / side)
        sums[square] = (sums[square] ?? 0) + (red + green + blue) / 3
        pixels[square] = (pixels[square] ?? 0) + 1
      }
      return {
        colours: counts.size,
        ground: Math.max(...counts.values()) / (width * height),
        squares: sums.map((sum, index) => sum / (pixels[index] ?? 1)),
      }
    },
    `data:image/png;base64,${png.toString('base64')}`,
  )

/** The share of the squares of two pictures of one size that differ by more than a few letters, from 0 to 1. */
export function difference(one: Look, other: Look): number {
  const differing = one.squares.filter((value, index) => Math.abs(value - (other.squares[index] ?? 0)) > 12)
  return differing.length / one.squares.length
}

/** The committed picture. */
export const committed = (picture: Picture): Buffer => readFileSync(pictureFile(picture))
