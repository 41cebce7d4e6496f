import { ChangeSignal } from '../change-signal.ts'
import type { ControllerName, ControllerStatus } from './controller-status.ts'

/** A controller of the fake under its canonical names, as it was set. */
export interface StoredController {
  readonly connectionID: string
  readonly controller: ControllerName
  readonly status: ControllerStatus
  readonly version: string
}

/** The controllers of the server: their state, and which connections have a state machine and a broker link. */
export class ControllerTable {
  readonly #rows = new Map<string, StoredController>()
  readonly #inactive = new Set<string>()
  readonly #linked = new Set<string>()
  readonly changed: ChangeSignal = new ChangeSignal()

  set(row: StoredController): void {
    this.#rows.set(`${row.connectionID} ${row.controller}`, row)
    this.changed.send()
  }

  remove(connectionID: string, controller: ControllerName | undefined): void {
    for (const [key, row] of this.#rows) {
      if (row.connectionID === connectionID && (controller ?? row.controller) === row.controller) this.#rows.delete(key)
    }
    this.changed.send()
  }

  activate(connectionID: string, on: boolean): void {
    if (on) this.#inactive.delete(connectionID)
    else this.#inactive.add(connectionID)
    this.changed.send()
  }

  link(connectionID: string, on: boolean): void {
    if (on) this.#linked.add(connectionID)
    else this.#linked.delete(connectionID)
    this.changed.send()
  }

  all(): readonly StoredController[] {
    return [...this.#rows.values()]
  }

  /** The controllers of these connections, or of all, if the server has a state machine for the connection. */
  ofActive(connections?: readonly string[]): readonly StoredController[] {
    return [...this.#rows.values()].filter(
      ({ connectionID }) => connections?.includes(connectionID) !== false && !this.#inactive.has(connectionID),
    )
  }

  isActive(connectionID: string): boolean {
    return this.ofActive([connectionID]).length > 0
  }

  isLinked(connectionID: string): boolean {
    return this.#linked.has(connectionID)
  }

  /** The controller as a server reports it that considers its own broker link. */
  withBrokerLink(row: StoredController): StoredController {
    const up = row.controller !== 'OPERATOR' && ['DEPLOYED', 'ENABLED', 'RUNNING'].includes(row.status)
    return up && this.#linked.has(row.connectionID) ? { ...row, status: 'CONNECTED' } : row
  }
}

/** Sorts by connection and controller. */
export function sorted(rows: readonly StoredController[]): readonly StoredController[] {
  const key = ({ connectionID, controller }: StoredController): string => `${connectionID} ${controller}`
  return rows.toSorted((a, b) => (key(a) < key(b) ? -1 : 1))
}
