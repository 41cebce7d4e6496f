import type { Notice } from '../../src/browser.ts'
import { clockTime } from '../page/time-text.ts'

/** What the page shows of the notices of the events. */
export interface NoticeSummary {
  /** How many gaps there were. */
  readonly gaps: number
  /** Events that are lost for good. */
  readonly lost: number
  /** Whether an event may be missing. */
  readonly isIncomplete: boolean
  /** The latest notice in one sentence; empty before the first one. */
  readonly text: string
}

export const noNotices: NoticeSummary = { gaps: 0, lost: 0, isIncomplete: false, text: '' }

/** The summary with one more notice. */
export function addNotice(known: NoticeSummary, notice: Notice): NoticeSummary {
  switch (notice.kind) {
    case 'gap': {
      const span = `${clockTime(notice.since.getTime())} to ${clockTime(notice.until.getTime())}`
      const result = notice.complete ? `${notice.recovered} events were read afterwards` : 'events may be missing'
      return {
        ...known,
        gaps: known.gaps + 1,
        isIncomplete: known.isIncomplete || !notice.complete,
        text: `Gap from ${span}: ${result}.`,
      }
    }
    case 'overflow': {
      if (notice.dropped === 0) return known
      const lost = known.lost + notice.dropped
      return { ...known, lost, isIncomplete: true, text: `${lost} events came too fast and are lost.` }
    }
    case 'missed-pushes':
      return {
        ...known,
        text: notice.until
          ? 'The server pushes events again.'
          : 'The server does not push every event: the rest is read every 5 s.',
      }
    default:
      return known
  }
}
