import type { ReactNode } from 'react'
import { timeText } from '../page/time-text.ts'
import type { LoggedEvent } from './event-log.ts'
import { linkOf, problemOf } from './event-problem.ts'
import { toneOf } from './severity.ts'
import { visibleText } from './visible-text.ts'

/** How many characters of one text are shown. */
const shownCharacters = 20_000

interface EventDetailsProps {
  readonly entry: LoggedEvent
  /** The address of Meshery's own interface. */
  readonly ui: string
  readonly onClose: () => void
}

const focusHeading = (heading: HTMLHeadingElement | null): void => heading?.focus()

/** Everything that is known of one event, beside the page. Takes the focus when it appears: another event needs another `key`. */
export function EventDetails({ entry, ui, onClose }: EventDetailsProps): ReactNode {
  const { event, atMs, isWhole } = entry
  const { severity, description, category, action, status, operationID, actedUpon, userID, id, metadata } = event
  const facts: readonly (readonly [string, string | null])[] = [
    ['Time', timeText(atMs)],
    ['Category', category],
    ['Action', action],
    ['Status', status],
    ['Operation', operationID],
    ['Acted upon', actedUpon],
    ['User', userID],
    ['Id', id],
  ]
  return (
    <dialog open className="details" aria-labelledby="details-heading">
      <header className="panel-head">
        <h2 id="details-heading" ref={focusHeading} tabIndex={-1}>
          Event
        </h2>
        <span className={`severity tone-${toneOf(severity)}`}>{visibleText(severity ?? 'no severity', 24)}</span>
        <button type="button" onClick={onClose}>
          Close
        </button>
      </header>
      <LongText text={description ?? 'no description'} />
      {!isWhole && <p className="note">This event is very long: the page keeps its beginning.</p>}
      <Problem metadata={metadata} />
      <dl className="details-facts">
        {facts.map(([name, value]) =>
          value === null ? null : (
            <div key={name}>
              <dt>{name}</dt>
              <dd>
                <bdi>{visibleText(value, 200)}</bdi>
              </dd>
            </div>
          ),
        )}
      </dl>
      <a className="button" href={linkOf(ui, category)} target="_blank" rel="noreferrer">
        Open in Meshery
      </a>
      {metadata && (
        <details>
          <summary>Metadata</summary>
          <pre>{visibleText(JSON.stringify(metadata, null, 2), shownCharacters)}</pre>
        </details>
      )}
    </dialog>
  )
}

/** A text of the server, with its line breaks. */
function LongText({ text }: { readonly text: string }): ReactNode {
  return (
    <>
      <p className="long" dir="auto">
        {visibleText(text, shownCharacters)}
      </p>
      {text.length > shownCharacters && (
        <p className="note">{`The first ${shownCharacters.toLocaleString('en')} characters are shown.`}</p>
      )}
    </>
  )
}

function Problem({ metadata }: { readonly metadata: LoggedEvent['event']['metadata'] }): ReactNode {
  const problem = problemOf(metadata)
  if (!problem) return null
  const parts: readonly (readonly [string, readonly string[]])[] = [
    ['What happened', problem.explanation],
    ['Probable cause', problem.probableCause],
    ['Suggested remedy', problem.remedy],
  ]
  return (
    <>
      {parts.map(([title, texts]) =>
        texts.length === 0 ? null : (
          <section key={title}>
            <h3>{title}</h3>
            <LongText text={texts.join('\n')} />
          </section>
        ),
      )}
      {problem.code !== undefined && <p className="quiet">{`Code ${visibleText(problem.code, 100)}`}</p>}
    </>
  )
}
