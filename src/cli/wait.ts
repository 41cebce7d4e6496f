import type { CommandGroup } from './command.ts'
import { connectionNotes } from './help.ts'
import { waitForController } from './wait-controller.ts'
import { waitForEvent } from './wait-event.ts'
import { waitForServer } from './wait-server.ts'

/** Waits for a condition. */
export const wait: CommandGroup = {
  name: 'wait',
  summary: 'wait for the server, for a status of controllers, or for an event: for scripts and CI',
  description:
    'Waits for a condition, prints what fulfilled it, and exits with 0. If --timeout passes first, prints the last state on stderr and exits with 124. wait controller and wait event exit with 4 at once if they cannot reach the server at the first try: see --wait-for-server. For scripts and CI.',
  usage: `server [options]
       meshery-live wait controller CONTROLLER=STATUS... [--connection LIST] [options]
       meshery-live wait event [options]`,
  notes: connectionNotes,
  commands: [waitForServer, waitForController, waitForEvent],
  describesEach: true,
  missing: 'What to wait for must come first: server, controller or event',
  unknown: (name) => `There is nothing like ${JSON.stringify(name)} to wait for`,
}
