import { type ReactNode, useId } from 'react'
import type { MesheryError } from '../../src/browser.ts'
import { visibleText } from '../events/visible-text.ts'
import { failureText } from './failure-text.ts'

/** What a panel shows of what it follows. */
export interface Followed {
  readonly error: MesheryError | null
  readonly isLoading: boolean
  readonly isStale: boolean
  readonly retry: () => void
}

interface PanelProps {
  readonly title: string
  /** What it is of, for sentences: `designs`. */
  readonly what: string
  readonly followed: Followed
  /** Beside the title. */
  readonly aside?: ReactNode
  readonly className?: string
  /** While there is nothing to show, a sentence says so in place of the children. An error is above them. */
  readonly isEmpty?: boolean
  readonly children?: ReactNode
}

/** A section of the page. Where there is nothing to show, or it is no longer followed, a sentence explains why. */
export function Panel({
  title,
  what,
  followed,
  aside,
  className = '',
  isEmpty = false,
  children,
}: PanelProps): ReactNode {
  const heading = useId()
  const { isStale, error } = followed
  return (
    <section className={`panel ${className}`} aria-labelledby={heading}>
      <header className="panel-head">
        <h2 id={heading}>{title}</h2>
        {(isStale || (error && !isEmpty)) && <span className="note">not current</span>}
        {aside}
      </header>
      {(isEmpty || error) && <PanelSentence what={what} followed={followed} />}
      {!isEmpty && children}
    </section>
  )
}

/** Why nothing is shown, and what can be done. */
export function PanelSentence({ what, followed }: Pick<PanelProps, 'what' | 'followed'>): ReactNode {
  const { error, isLoading, retry } = followed
  if (error?.code === 'UNSUPPORTED') return <p className="note">{`This release of Meshery has no ${what}.`}</p>
  if (error) {
    const { reason, remedy } = failureText(error)
    return (
      <div className="note" role="alert">
        <p>{visibleText(`${reason} ${remedy}`.trim(), 600)}</p>
        <button type="button" onClick={retry}>
          Try again
        </button>
      </div>
    )
  }
  return <p className="note">{isLoading ? `Waiting for the ${what}.` : `There are no ${what}.`}</p>
}
