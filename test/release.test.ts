import { describe, expect, it } from 'vitest'

type ReleaseChangelog = (text: string, version: string, date: string) => string

const load = async (): Promise<ReleaseChangelog> => {
  const file = new URL('../scripts/changelog.mjs', import.meta.url).href
  const { releaseChangelog }: { releaseChangelog: ReleaseChangelog } = await import(file)
  return releaseChangelog
}

describe('the changelog of a release', () => {
  it('has the unreleased changes under the version and its date, and an empty section for the next ones', async () => {
    const release = await load()
    const text = '# Changelog\n\n## Unreleased\n\n- A change.\n\n## 0.1.0 - 2026-01-01\n\n- The first.\n'
    expect(release(text, '0.2.0', '2026-02-01')).toBe(
      '# Changelog\n\n## Unreleased\n\n## 0.2.0 - 2026-02-01\n\n- A change.\n\n## 0.1.0 - 2026-01-01\n\n- The first.\n',
    )
  })

  it('of the first release is made in the same way', async () => {
    const release = await load()
    expect(release('# Changelog\n\n## Unreleased\n\n- A change.\n', '0.1.0', '2026-02-01')).toBe(
      '# Changelog\n\n## Unreleased\n\n## 0.1.0 - 2026-02-01\n\n- A change.\n',
    )
  })

  it.each([
    ['without the section', '# Changelog\n', 'has no section'],
    ['without changes', '# Changelog\n\n## Unreleased\n\n## 0.1.0 - 2026-01-01\n', 'is empty'],
    ['with the version', '## Unreleased\n\n- A change.\n\n## 0.2.0 - 2026-01-01\n', 'already'],
  ])('is refused %s', async (_, text, message) => {
    const release = await load()
    expect(() => release(text, '0.2.0', '2026-02-01')).toThrow(message)
  })
})
