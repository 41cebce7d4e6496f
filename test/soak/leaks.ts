import { createHook } from 'node:async_hooks'

/** The rooms of the package: what they leave behind is a leak, what the fake or the run leaves is not. */
const ours = /[\\/](src|dist)[\\/](base|http|platform|transports|connection|events|states|client)[\\/]/

/** Finds timers and immediates that the package made and that are still there, and all sockets that are. */
export class Leaks {
  readonly #alive = new Map<number, { readonly type: string; readonly stack: string }>()
  readonly #hook = createHook({
    init: (id, type) => {
      if (type !== 'Timeout' && type !== 'Immediate' && type !== 'TCPWRAP') return
      const stack = new Error(type).stack ?? ''
      if (type === 'TCPWRAP' || ours.test(stack)) this.#alive.set(id, { type, stack })
    },
    destroy: (id) => void this.#alive.delete(id),
  })

  constructor() {
    this.#hook.enable()
  }

  /** What is still there, by where it was made. */
  left(): readonly string[] {
    return [...this.#alive.values()].map(({ type, stack }) => {
      const line = stack.split('\n').find((one) => ours.test(one)) ?? ''
      return `${type} ${line.trim()}`
    })
  }

  stop(): void {
    this.#hook.disable()
  }
}
