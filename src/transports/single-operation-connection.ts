import { deferred, sleep } from '../base/abort.ts'
import { type ErrorPhase, MesheryError } from '../base/errors.ts'
import type { Connection, Operation, Timeouts } from './contract.ts'
import { GuardedListener } from './guarded-listener.ts'

/** Carries an operation until the signal aborts, or until it throws or fails with what ended it. */
export type RunOperation = (
  operation: Operation,
  outlet: GuardedListener,
  signal: AbortSignal,
  fail: (error: MesheryError) => void,
) => Promise<void>

/** A connection for one operation. Nothing is sent before its `start`; a second one throws `INVALID_OPTION`. */
export const singleOperationConnection = (timeouts: Timeouts, phase: ErrorPhase, carry: RunOperation): Connection => {
  const ended = deferred<MesheryError | undefined>()
  const aborter = new AbortController()
  const { signal } = aborter
  let outlet: GuardedListener | undefined
  let task = Promise.resolve()
  const finish = (error?: MesheryError): void => {
    outlet?.stop()
    aborter.abort()
    ended.resolve(error)
  }
  const close = async (): Promise<void> => {
    outlet?.stop()
    aborter.abort()
    const cap = new AbortController()
    await Promise.race([task, sleep(timeouts.close, cap.signal)])
    cap.abort()
    finish()
  }
  return {
    ended: ended.promise,
    close,
    start(operation, sink) {
      if (outlet) throw new MesheryError('INVALID_OPTION', 'This connection carries one operation', { phase })
      outlet = new GuardedListener(sink)
      if (!signal.aborted)
        task = carry(operation, outlet, signal, finish).catch((cause: unknown) => {
          if (signal.aborted) return
          finish(
            cause instanceof MesheryError
              ? cause
              : new MesheryError('CONNECTION_LOST', 'The connection broke', { phase, cause }),
          )
        })
      return () => void close()
    },
  }
}
