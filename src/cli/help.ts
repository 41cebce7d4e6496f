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
  -h, --help    of the program, or after a command of that command
  --version     print the version

${exitCodesHelp}`

export const eventsHelp: string = `Usage: meshery-live events [options]

Follows the events of a Meshery Server, each once and in the order of its store, on every release and through drops.
One event a line on stdout; everything else on stderr, and only where that is a terminal (but errors, and that events
may be missing, always).

Which events (a list is separated by commas, or the option repeated):
  --severity LIST      emergency, alert, critical, error, warning, informational, success, debug
  --category LIST      such as pattern,connection
  --action LIST        such as deploy,create
  --status LIST        read, unread
  --acted-upon LIST    ids of what was acted upon
  --since WHEN         begin earlier: a span (10m, 2h, 1d), an ISO time, or the id of an event to go on after

When to end:
  --count N            after N events
  --timeout SPAN       after this long (500ms, 60s, 10m, 2h), with 124

Output:
  -o, --output FORMAT  pretty (default), or json: one JSON object a line
  --verbose            say on stderr what happens, also where that is no terminal

Connection:
  --url URL            default: MESHERY_URL, else mesheryctl's current context, else http://localhost:9081
  --token TOKEN        default: MESHERY_TOKEN, else the file at MESHERY_TOKEN_PATH, else mesheryctl's token for this
                       server. Better left out: other users of the machine see the command line of a process
  --provider NAME      default: MESHERY_PROVIDER, else the one that the token came with
  --transport LIST     what to try, in this order; default websocket,sse,polling

Colours are left out where the output is no terminal or NO_COLOR is set.

${exitCodesHelp}`

export const fakeServerHelp: string = `Usage: meshery-live fake-server [options]

Runs a fake Meshery Server, to try things out. It says where it is once it listens.

  --release RELEASE   v0.6, v0.8, v1.0, v1.0.52 or current (default)
  --port PORT         default 9081; 0 takes any free one
  --host ADDRESS      the address to listen on; default 127.0.0.1
  --every SPAN        add an event every so often (500ms, 2s, 1m); default: never
  --token TOKEN       let in only who has this token; default: everybody
  --provider NAME     the provider that goes with --token; default Meshery`

export const demoHelp: string = `Usage: meshery-live demo

Starts a fake Meshery and follows it for about 15 seconds, while its socket is cut, it becomes another release, and the
network lets only plain HTTP pass. Ends with 0 when every event that was stored was delivered once and in order.`
