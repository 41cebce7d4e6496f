import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { committed, pictures, sizeOfPng } from './pictures.ts'

const docs = new URL('../../docs/', import.meta.url)

describe('the committed pictures of the dashboard', () => {
  it.each(pictures)('have the size of their window, and at most 200 kB: $name', (picture) => {
    const bytes = committed(picture)
    expect(sizeOfPng(bytes)).toEqual(picture.options.viewport)
    expect(bytes.length).toBeLessThanOrEqual(200_000)
  })

  it('are all shown in docs/dashboard-page.md, with a text that describes them', () => {
    const page = readFileSync(new URL('dashboard-page.md', docs), 'utf8')
    const shown = [...page.matchAll(/!\[([^\]]{10,})\]\(images\/(dashboard-[\w-]+\.png)\)/g)]
    const files = readdirSync(new URL('images/', docs)).filter((name) => name.startsWith('dashboard-'))
    expect(shown.map(([, , file]) => file).toSorted()).toEqual(files.toSorted())
    expect(files.toSorted()).toEqual(pictures.map(({ name }) => `dashboard-${name}.png`).toSorted())
  })

  it('are PNG', () => {
    expect(() => sizeOfPng(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'))).toThrow('It is no PNG.')
  })
})
