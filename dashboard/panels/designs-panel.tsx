import { type ReactNode, useMemo } from 'react'
import { useConfiguration } from '../../src/react/browser.ts'
import { visibleText } from '../events/visible-text.ts'
import { Panel } from '../page/panel.tsx'
import { timeText } from '../page/time-text.ts'
import { useRecentChanges } from '../page/use-recent-changes.ts'

/** The designs that were changed last. */
export function DesignsPanel(): ReactNode {
  const followed = useConfiguration({ patterns: { pageSize: 8, order: 'updated_at desc' } })
  const designs = followed.data?.patterns?.patterns
  const times = useMemo(
    () => designs && new Map(designs.map(({ id, updated_at }) => [id ?? '', updated_at ?? ''])),
    [designs],
  )
  const changes = useRecentChanges(times)
  return (
    <Panel title="Designs" what="designs" followed={followed} isEmpty={!designs?.length}>
      <ul className="lines">
        {designs?.map(({ id, name, type, visibility, updated_at }, index) => (
          <li key={id ?? index}>
            <strong>
              <bdi>{visibleText(name ?? 'without a name', 100)}</bdi>
            </strong>
            <span className="quiet">{visibleText([type, visibility].filter(Boolean).join(', '), 60)}</span>
            <span className={changes.has(id ?? '') ? 'changed' : 'quiet'} key={updated_at}>
              {timeText(updated_at ?? '')}
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  )
}
