import { exitCodes, exitCodeTexts } from './exit-codes.ts'
import type { StateOption } from './state-options.ts'
import { padded, wrapped } from './text.ts'

/** A text in lines that fit beside its label. */
const beside = (label: string, width: number, text: string): string =>
  wrapped(text.replaceAll('`', ''), 108 - width)
    .map((line, at) => `  ${padded(at === 0 ? label : '', width)}${line}`)
    .join('\n')

const exitCodesHelp = `Exit codes:
${exitCodeTexts.map(([codes, text]) => beside(codes.join(', '), 10, text)).join('\n')}`

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
  --wait-for-server[=SPAN]
                       keep trying at first until the server answers, for so long (60s, 5m) or without an end, in
                       place of ending with 4 at the first try that fails. Later on it is always waited for

On a terminal, and with --verbose, the first line on stderr says which server, which release, and where the address came
from.
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
One event a line on stdout, with the details, cause and remedy of an error indented below it; everything else on stderr,
and only where that is a terminal (but errors, and that events may be missing, always).

${filtersHelp}

When to end:
  --count N            after N events
  --once               after the first one
${timeoutHelp}

Output:
  -o, --output FORMAT  pretty (default); wide: with the id of each event; json: one JSON object a line
${verboseHelp}

${connectionHelp}`

const optionHelp: Readonly<Record<StateOption, string>> = {
  profile: '--profile NAME       the id or name of the performance profile; must be given',
  namespace: "--namespace NAME     must be given; '' for what belongs to no namespace",
  context: '--context LIST       names, or ids of contexts, connections or clusters; default: every cluster',
  connection: '--connection LIST    names, or ids of connections (on v0.6 of contexts); default: every one',
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
pipe a row a change, with the time and + (came), ~ (differs) or - (went). In a terminal that is too narrow the line of
titles ends with how many columns are left out. An id or a name that the server does not know is looked for again at
intervals, but with --once it is an error, which says what there is. Everything else is said on stderr, and only where
that is a terminal (but errors, ids that are not known, and that what is shown may be out of date, always).

What to show:
${view.takes.map((option) => `  ${optionHelp[option]}${option === 'order' ? orderHelp(view.columns ?? []) : ''}`).join('\n')}

When to end:
  --once               after the first value
  --count N            after N values
${timeoutHelp}

Output:
  -o, --output FORMAT  pretty (default); wide: every column, whole, in a terminal of any width; json: one value a line
${verboseHelp}

${connectionHelp}`

const orderHelp = (columns: readonly string[]): string =>
  `        such as "name asc"; by ${columns.join(', ')}. Default "updated_at desc"`

export const waitHelp: string = `Usage: meshery-live wait server [options]
       meshery-live wait controller CONTROLLER=STATUS... [--connection LIST] [options]
       meshery-live wait event [options]

Waits until it is so, prints what it is, and ends with 0; with 124 when --timeout has passed before, and the last state
on stderr. controller and event end with 4 at once when the server cannot be reached at the first try: see
--wait-for-server. For scripts and CI.

server: until a Meshery Server answers, and says which release it is. Needs no login; takes --url, --timeout, --output
and --verbose alone.

controller: until all of these are so. CONTROLLER is OPERATOR, MESHSYNC or BROKER; STATUS is one or more of DEPLOYED,
NOTDEPLOYED, DEPLOYING, UNDEPLOYED, ENABLED, RUNNING, CONNECTED, UNKNOWN, separated by commas. What runs is told as
DEPLOYED on v0.6, as ENABLED where an older release is polled, and as CONNECTED on the current one while the broker is
linked, so MESHSYNC=DEPLOYED,ENABLED,RUNNING,CONNECTED holds on every one.
  --connection LIST    names, or ids of connections (on v0.6 of contexts), each of which must have the controller so.
                       Default: every connection that has the controller, and there must be one

event: until there is an event that passes all of these, or one that --fail-on names, whichever comes first.
${filtersHelp}
  --fail-on FIELDS     end with ${exitCodes.failed} at an event like this: FIELD=LIST, or several of them separated by blanks, which
                       must all hold, such as 'severity=error,critical category=pattern'. FIELD is severity, category,
                       action, status or acted-upon. May be given several times. It wins where both choose an event

How long:
  --timeout SPAN       500ms, 60s, 10m, 2h; default: no end

Output:
  -o, --output FORMAT  pretty (default), wide or json
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
