import type { ReactNode } from 'react'
import type { Status } from '../../src/browser.ts'
import type { NoticeSummary } from '../events/notice-summary.ts'
import { visibleText } from '../events/visible-text.ts'
import { connectionText } from './connection-text.ts'
import type { ServerInfo } from './server-info.ts'
import { countText } from './time-text.ts'

interface ConnectionBarProps {
  readonly status: Status | null
  readonly info: ServerInfo
  readonly notices: NoticeSummary
}

const gapText = ({ gaps, lost, isIncomplete }: NoticeSummary): string => {
  if (lost > 0) return `${countText(lost, 'event')} lost`
  if (isIncomplete) return 'events may be missing'
  return gaps === 0 ? 'none' : `${countText(gaps, 'gap')}, closed`
}

/** The head of the page: which server, and how it is followed. */
export function ConnectionBar({ status, info, notices }: ConnectionBarProps): ReactNode {
  const { tone, word, detail } = connectionText(status)
  const facts: readonly (readonly [string, string | null])[] = [
    ['Server', info.url],
    ['Release', info.release],
    ['Context', info.context],
    ['User', info.user],
    ['Gaps', gapText(notices)],
  ]
  return (
    <header className="bar">
      <div className="bar-line">
        <h1>Meshery live</h1>
        <p className={`state tone-${tone}`} role="status">
          {word}
        </p>
        <dl className="facts">
          {facts.map(([name, value]) =>
            value === null ? null : (
              <div key={name}>
                <dt>{name}</dt>
                <dd>
                  <bdi>{visibleText(value, 120)}</bdi>
                </dd>
              </div>
            ),
          )}
        </dl>
        <a className="button" href={info.ui} target="_blank" rel="noreferrer">
          Open Meshery
        </a>
      </div>
      {detail !== '' && <p className="bar-detail">{visibleText(detail, 400)}</p>}
      {notices.text !== '' && <p className="bar-detail">{visibleText(notices.text, 400)}</p>}
    </header>
  )
}
