const heading = '## Unreleased'

/**
 * The changelog with the section "Unreleased" as that of a version.
 * @param text the changelog
 * @param version such as `0.2.0`
 * @param date such as `2026-01-31`
 * @throws Error when there is no such section, when it is empty, or when the version has a section already
 */
export const releaseChangelog = (text, version, date) => {
  const sections = text.split(/^(?=## )/m)
  const index = sections.findIndex((section) => section.startsWith(`${heading}\n`))
  const unreleased = sections[index]
  if (unreleased === undefined) throw new Error(`CHANGELOG.md has no section "${heading}"`)
  const changes = unreleased.slice(heading.length).trim()
  if (changes === '') throw new Error(`The section "${heading}" of CHANGELOG.md is empty: there is nothing to release`)
  if (sections.some((section) => section.startsWith(`## ${version} `)))
    throw new Error(`CHANGELOG.md has a section for ${version} already`)
  const released = `${heading}\n\n## ${version} - ${date}\n\n${changes}\n`
  const rest = sections.slice(index + 1).join('')
  return `${sections.slice(0, index).join('')}${released}${rest === '' ? '' : '\n'}${rest}`
}
