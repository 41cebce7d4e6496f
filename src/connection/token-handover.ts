import type { ConnectionListener } from './reconnecting-connection.ts'

interface Seat {
  leave(): void
}

/**
 * Joins for the member, and carries it over to a fresh connection when the token of the present one is about to expire:
 * the present one is left only when nothing is missed over the next. Returns the function that leaves.
 */
export function joinWithHandover(
  member: ConnectionListener,
  join: (member: ConnectionListener) => () => void,
): () => void {
  let present: Seat = { leave: () => {} }
  let next: Seat | undefined
  const take = (seat: Seat): void => {
    const giveUp = (): void => {
      if (seat !== next) return
      next = undefined
      seat.leave()
    }
    const leave = join({
      operation: member.operation,
      insists: member.insists ?? false,
      state: (state) => {
        if (seat === present) member.state(state)
        else if (state.error) giveUp()
      },
      open: () => {
        if (seat === next) {
          present.leave()
          present = seat
          next = undefined
        }
        member.open()
      },
      frame: (frame) => {
        if (seat === present) member.frame(frame)
      },
      end: (error) => {
        if (seat !== present) return giveUp()
        next?.leave()
        member.end(error)
      },
      renew: () => {
        if (seat !== present || next) return
        next = { leave: () => {} }
        take(next)
      },
    })
    // What is told while it joins is heard at once: it may be given up already.
    if (seat === present || seat === next) seat.leave = leave
    else leave()
  }
  take(present)
  return () => {
    next?.leave()
    present.leave()
  }
}
