import { Component, type ReactNode } from 'react'
import { visibleText } from '../events/visible-text.ts'

interface FailureNoticeProps {
  readonly children: ReactNode
}

interface Failure {
  readonly message: string | undefined
}

/** Shows what failed in place of a page that cannot be drawn. React has no hook for it. */
export class FailureNotice extends Component<FailureNoticeProps, Failure> {
  override state: Failure = { message: undefined }

  static getDerivedStateFromError(error: unknown): Failure {
    return { message: String(error) }
  }

  override render(): ReactNode {
    const { message } = this.state
    if (message === undefined) return this.props.children
    return (
      <main className="panel">
        <h1>The page failed</h1>
        <p role="alert">{visibleText(message, 1_000)}</p>
        <button type="button" onClick={() => location.reload()}>
          Load it again
        </button>
      </main>
    )
  }
}
