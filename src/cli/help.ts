import type { StateOption } from './state-options.ts'

const exitCodesHelp = `Exit codes:
  0    done, or nobody reads the output any more
  1    failure
  2    wrong usage
  3    the credentials are refused or unreadable, or a gateway wants a login
  4    the server could not be reached at the first try (later on, it is waited for)
  124  --timeout has passed
  130  ended by Ctrl-C (143 by SIGTERM); the second one ends it at once`

/** What `meshery-live --help` prints; the commands go in by their names and summaries. */
export const mainHelp = (commands: Readonly<Record<string, { readonly summary: string }>>): string =>
  `Usage: meshery-live <command> [options]

Commands:
${Object.entries(commands)
  .map(([name, { summary }]) => `  ${name.padEnd(14)}${summary}`)
  .join('\n')}

Options:
  -h, --help    of the program, or after a command of that command (so does: help [command])
  --version     print the version

${exitCodesHelp}`

const connectionHelp = `Connection:
  --url URL            default: MESHERY_URL, else mesheryctl's current context, else http://localhost:9081
  --token TOKEN        default: MESHERY_TOKEN, else the file at MESHERY_TOKEN_PATH, else mesheryctl's token for this
                       server. Better left out: other users of the machine see the command line of a process
  --provider NAME      default: MESHERY_PROVIDER, else the one that the token came with
  --transport LIST     what to try, in this order; default websocket,sse,polling

Colours are left out where the output is no terminal or NO_COLOR is set.

${exitCodesHelp}`

const filtersHelp = `Which events (a list is separated by commas, or the option repeated):
  --severity LIST      emergency, alert, critical, error, warning, informational, success, debug
  --category LIST      such as pattern,connection
  --action LIST        such as deploy,create
  --status LIST        read, unread
  --acted-upon LIST    ids of what was acted upon
  --since WHEN         begin earlier: a span (10m, 2h, 1d), an ISO time, or the id of an event to go on after`

const timeoutHelp = '  --timeout SPAN       after this long (500ms, 60s, 10m, 2h), with 124'
const verboseHelp = '  --verbose            say on stderr what happens, also where that is no terminal'

export const eventsHelp: string = `Usage: meshery-live events [options]

Follows the events of a Meshery Server, each once and in the order of its store, on every release and through drops.
One event a line on stdout; everything else on stderr, and only where that is a terminal (but errors, and that events
may be missing, always).

${filtersHelp}

When to end:
  --count N            after N events
  --once               after the first one
${timeoutHelp}

Output:
  -o, --output FORMAT  pretty (default), or json: one JSON object a line
${verboseHelp}

${connectionHelp}`

const optionHelp: Readonly<Record<StateOption, string>> = {
  profile: '--profile ID         the id of the performance profile; must be given',
  namespace: "--namespace NAME     must be given; '' for what belongs to no namespace",
  context: '--context LIST       ids of contexts, connections or clusters; default: every cluster',
  connection: '--connection LIST    ids of connections; on v0.6 of contexts. Default: every one',
  type: '--type TYPE          components (default) or relationships',
  page: '--page N             counted from 0; default 0',
  'page-size': '--page-size N        1 to 100; default 25',
  all: '--all                every page, in place of one',
  search: '--search TEXT        a part of the name',
  order: '--order ORDER',
}

/** What `--help` prints of a command that follows a state. */
export const stateHelp = (view: {
  readonly name: string
  readonly about: string
  readonly takes: readonly StateOption[]
  readonly columns?: readonly string[]
}): string => `Usage: meshery-live ${view.name} [options]

${view.about}
What stands there is shown at once, and again whenever it changed: in a terminal a table that is redrawn in place, in a
pipe the table once and then the rows that changed. Everything else is said on stderr, and only where that is a terminal
(but errors, ids that are not known, and that what is shown may be out of date, always).

What to show:
${view.takes.map((option) => `  ${optionHelp[option]}${option === 'order' ? orderHelp(view.columns ?? []) : ''}`).join('\n')}

When to end:
  --once               after the first value
  --count N            after N values
${timeoutHelp}

Output:
  -o, --output FORMAT  pretty (default), or json: one value a line, whole
${verboseHelp}

${connectionHelp}`

const orderHelp = (columns: readonly string[]): string =>
  `        such as "name asc"; by ${columns.join(', ')}. Default "updated_at desc"`

export const waitHelp: string = `Usage: meshery-live wait controller CONTROLLER=STATUS... [--connection LIST] [options]
       meshery-live wait event [options]

Waits until it is so, prints what it is, and ends with 0; with 124 when --timeout has passed before, and the last state
on stderr; with 4 at once when the server cannot be reached at the first try. For scripts and CI.

controller: until all of these are so. CONTROLLER is OPERATOR, MESHSYNC or BROKER; STATUS is one or more of DEPLOYED,
NOTDEPLOYED, DEPLOYING, UNDEPLOYED, ENABLED, RUNNING, CONNECTED, UNKNOWN, separated by commas. What runs is told as
DEPLOYED on v0.6, as ENABLED where an older release is polled, and as CONNECTED on the current one while the broker is
linked, so MESHSYNC=DEPLOYED,ENABLED,RUNNING,CONNECTED holds on every one.
  --connection LIST    ids of connections (on v0.6 of contexts), each of which must have the controller so. Default:
                       every connection that has the controller, and there must be one

event: until there is an event that passes all of these.
${filtersHelp}

How long:
  --timeout SPAN       500ms, 60s, 10m, 2h; default: no end

Output:
  -o, --output FORMAT  pretty (default) or json
${verboseHelp}

${connectionHelp}`

export const fakeServerHelp: string = `Usage: meshery-live fake-server [options]

Runs a fake Meshery Server, to try things out. It says where it is once it listens. It has two clusters, a few designs,
performance profiles and models.

  --release RELEASE   v0.6, v0.7, v0.8, v1.0, v1.0.52 or current (default)
  --port PORT         default 9081; 0 takes any free one
  --host ADDRESS      the address to listen on; default 127.0.0.1
  --every SPAN        every so often (500ms, 2s, 1m) add an event and change something; default: never
  --token TOKEN       let in only who has this token; default: everybody
  --provider NAME     the provider that goes with --token; default Meshery`

export const demoHelp: string = `Usage: meshery-live demo

Starts a fake Meshery and follows its events, contexts and controllers for about 15 seconds, while its socket is cut, it
becomes another release, and the network lets only plain HTTP pass. Ends with 0 when every event that was stored was
delivered once and in order, and the contexts and controllers ended as they are on the server.`
