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
                       at the start, retry until the server answers: for this long (60s, 5m) or without a limit.
                       Without this option the first failed try ends the command with 4. After the start the
                       command always waits for the server

On a terminal, and with --verbose, the first line on stderr names the server, its release, and the source of the
address.
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
Prints each event as a line on stdout, with the details, cause and remedy of an error indented below it. Everything else
goes to stderr, and only if that is a terminal; errors, and that events may be missing, are always printed.

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
Prints the state at once, and again after each change: in a terminal as a table that is redrawn in place, in a pipe as
one row for each change, with the time and + (added), ~ (updated) or - (removed). If the terminal is too narrow for the
redrawn table, the title line ends with the number of hidden columns. If the server does not know an id or a name, the
command looks for it again at intervals; with --once it fails and lists the known ones. Everything else goes to stderr,
and only if that is a terminal; errors, unknown ids, and that the state may be out of date, are always printed.

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

Waits for a condition, prints what fulfilled it, and exits with 0. If --timeout passes first, prints the last state on
stderr and exits with 124. wait controller and wait event exit with 4 at once if they cannot reach the server at the
first try: see --wait-for-server. For scripts and CI.

server: waits until a Meshery Server answers, and prints its release. Needs no login; accepts only --url, --timeout,
--output and --verbose.

controller: waits until each CONTROLLER has its STATUS. CONTROLLER is OPERATOR, MESHSYNC or BROKER; STATUS is one or
more of DEPLOYED, NOTDEPLOYED, DEPLOYING, UNDEPLOYED, ENABLED, RUNNING, CONNECTED, UNKNOWN, separated by commas. Servers
report a running controller as DEPLOYED (v0.6), as ENABLED (v0.6, polled), as RUNNING, or as CONNECTED (current, while
the broker is linked), so MESHSYNC=DEPLOYED,ENABLED,RUNNING,CONNECTED works on every release.
  --connection LIST    names, or ids of connections (on v0.6 of contexts), each of which must have the controller in
                       that status. Default: every connection that has the controller; there must be at least one

event: waits for the first event that matches all of these options, or --fail-on.
${filtersHelp}
  --fail-on FIELDS     end with ${exitCodes.failed} at an event that matches FIELD=LIST, or several of them separated by spaces, as in
                       'severity=error,critical category=pattern' (all must match). FIELD is severity, category,
                       action, status or acted-upon. You can repeat the option. An event that matches both
                       counts as a failure

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
