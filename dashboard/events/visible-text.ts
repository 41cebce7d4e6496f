/** Characters that change how the text around them appears: controls but line breaks and tabs, and those of writing direction. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach the page.
const deceiving = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g

const codePoint = (character: string): string =>
  `[U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}]`

/**
 * A text of a server as a page may show it: at most `limit` characters, and with the codes of characters that would make other
 * text appear where it is not.
 */
export function visibleText(text: string, limit: number): string {
  const shown = text.length > limit ? `${text.slice(0, limit).replace(/[\ud800-\udbff]$/, '')}…` : text
  return shown.replace(deceiving, codePoint)
}
