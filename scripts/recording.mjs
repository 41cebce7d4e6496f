// Records `meshery-live demo` as `docs/images/demo.svg`: what it prints, in its colours and at its pace. `npm run docs:recording` builds
// the program first. Without motion, where a reader prefers that, the picture shows the end.
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { root } from './tools.mjs'

const rows = 26
const columns = 118
const lineHeight = 18
const margin = 16
const charWidth = 7.83
/** How long the last picture stays before the recording starts again, in milliseconds. */
const holdMs = 5_000

/** The classes of the codes with which `node:util`'s `styleText` begins a look. */
const looks = {
  1: 'bold',
  2: 'dim',
  31: 'red',
  32: 'green',
  33: 'yellow',
  34: 'blue',
  35: 'magenta',
  36: 'cyan',
  90: 'dim',
}
const ends = {
  22: ['bold', 'dim'],
  39: ['red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'dim'],
  0: Object.values(looks),
}

const escapeXml = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** A line of a terminal as parts of one look each. */
const partsOf = (line) => {
  const [first, ...others] = line.split('\u001b[')
  let active = []
  const later = others.map((part) => {
    const end = part.indexOf('m')
    for (const code of part.slice(0, end).split(';')) {
      const ended = ends[code] ?? []
      active = active.filter((look) => !ended.includes(look)).concat(looks[code] ?? [])
    }
    return { text: part.slice(end + 1), looks: active }
  })
  return [{ text: first, looks: [] }, ...later].filter(({ text }) => text !== '')
}

const textElement = (line, index) => {
  const spans = partsOf(line).map(({ text, looks: names }) =>
    names.length === 0 ? escapeXml(text) : `<tspan class="${names.join(' ')}">${escapeXml(text)}</tspan>`,
  )
  return `<text y="${(index + 0.75) * lineHeight}">${spans.join('')}</text>`
}

/** The steps of an animation, one after each line. `place` is in lines. Of lines that come together the last one counts. */
const keyframes = (name, lines, totalMs, place) => {
  const steps = new Map(
    lines.map(({ atMs }, index) => [`${((100 * atMs) / totalMs).toFixed(2)}%`, place(index + 1) * lineHeight]),
  )
  return `@keyframes ${name}{${[...steps].map(([at, y]) => `${at}{transform:translateY(${y}px)}`).join('')}}`
}

/** The recording of lines, each with the milliseconds from the start. */
export const drawRecording = (title, lines) => {
  const totalMs = (lines.at(-1)?.atMs ?? 0) + holdMs
  const scrolled = (printed) => -Math.max(0, printed - rows)
  const width = Math.round(columns * charWidth) + 2 * margin
  const height = rows * lineHeight + 2 * margin
  const animated = (name) => `.${name}{animation:${name} ${totalMs}ms step-end infinite;transform:translateY(`
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeXml(title)}">
<style>
text{font:13px ui-monospace,'Cascadia Mono','DejaVu Sans Mono',Menlo,Consolas,monospace;fill:#d6dde4;white-space:pre}
.bold{font-weight:700;fill:#fff}.dim{fill:#8b98a5}.red{fill:#ff7b72}.green{fill:#56d364}.yellow{fill:#e3b341}.blue{fill:#79c0ff}.magenta{fill:#d2a8ff}.cyan{fill:#56d4dd}
${animated('scroll')}${scrolled(lines.length) * lineHeight}px)}
${animated('cover')}${lines.length * lineHeight}px)}
${keyframes('scroll', lines, totalMs, scrolled)}
${keyframes('cover', lines, totalMs, (printed) => printed)}
@media (prefers-reduced-motion:reduce){.scroll,.cover{animation:none}}
</style>
<rect width="${width}" height="${height}" rx="10" fill="#161b22"/>
<clipPath id="screen"><rect width="${width - 2 * margin}" height="${rows * lineHeight}"/></clipPath>
<g transform="translate(${margin} ${margin})"><g clip-path="url(#screen)"><g class="scroll">
${lines.map(({ text }, index) => textElement(text, index)).join('\n')}
<rect class="cover" width="100%" height="${lines.length * lineHeight}" fill="#161b22"/>
</g></g></g>
</svg>
`
}

/** What the demo prints, with the time of each line. */
const record = async () => {
  const startMs = performance.now()
  const child = spawn(process.execPath, [join(root, 'dist/cli/main.js'), 'demo'], {
    env: { PATH: process.env.PATH, FORCE_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exit = new Promise((resolve) => child.on('close', resolve))
  const lines = [{ text: '\u001b[1m$ npx meshery-live demo\u001b[22m', atMs: 0 }]
  for await (const text of createInterface(child.stdout))
    lines.push({ text, atMs: Math.round(performance.now() - startMs) })
  const code = await exit
  if (code !== 0) throw new Error(`The demo ended with ${code}.`)
  return lines
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const file = join(root, 'docs/images/demo.svg')
  writeFileSync(file, drawRecording('A recording of meshery-live demo', await record()))
  console.log(`Written: ${file}`)
}
