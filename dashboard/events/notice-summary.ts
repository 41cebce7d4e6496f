import type { GapNotice, MesheryError, Notice } from '../../src/browser.ts'
import { failureText } from '../page/failure-text.ts'
import { clockTime, countText } from '../page/time-text.ts'

/** What the page shows of the notices of the events. */
export interface NoticeSummary {
  /** How many gaps there were. */
  readonly gaps: number
  /** Events that are lost for good. */
  readonly lost: number
  /** Whether an event may be missing. */
  readonly isIncomplete: boolean
  /** Whether that is so only until the store can be read again. */
  readonly isPassing: boolean
  /** The latest notice in one sentence; empty before the first one. */
  readonly text: string
}

export const noNotices: NoticeSummary = { gaps: 0, lost: 0, isIncomplete: false, isPassing: false, text: '' }

/** The summary with one more notice. */
export function addNotice(known: NoticeSummary, notice: Notice): NoticeSummary {
  switch (notice.kind) {
    case 'gap': {
      return {
        ...known,
        ...missingAfter(known, notice),
        gaps: known.gaps + (closesReported(known, notice) ? 0 : 1),
        text: gapText(notice),
      }
    }
    case 'overflow': {
      if (notice.dropped === 0) return known
      const lost = known.lost + notice.dropped
      return {
        ...known,
        lost,
        isIncomplete: true,
        isPassing: false,
        text: `${countText(lost, 'event')} came too fast and ${lost === 1 ? 'is' : 'are'} lost.`,
      }
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

function gapText({ since, until, recovered, complete, reason }: GapNotice): string {
  const span = `Gap from ${clockTime(since.getTime())} to ${clockTime(until.getTime())}`
  if (complete) return `${span}: ${countText(recovered, 'event')} read afterwards.`
  return `${span}: events may be missing.${reason ? ` ${failureText(reason).reason}` : ''}`
}

/** After a complete gap the store was read to its end: what may be missing because it could not be read is there. */
function missingAfter(
  known: NoticeSummary,
  { complete, reason }: GapNotice,
): Pick<NoticeSummary, 'isIncomplete' | 'isPassing'> {
  const isForGood = known.isIncomplete && !known.isPassing
  if (complete) return { isIncomplete: isForGood, isPassing: false }
  return { isIncomplete: true, isPassing: !isForGood && isFailedRead(reason) }
}

/** Whether the notice is the end of a gap that was counted when it was reported as incomplete. */
const closesReported = (known: NoticeSummary, { complete }: GapNotice): boolean => complete && known.isPassing

/** Whether a request for the store failed, which is sent again. Rows that the store does not show are missing for good. */
const isFailedRead = (reason: MesheryError | null): boolean =>
  reason !== null && (reason.code !== 'SERVER_ERROR' || reason.details['status'] !== undefined)
