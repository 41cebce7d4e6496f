import { Option } from 'commander'
import { errorKinds } from '../base/errors.ts'
import type { Diagnosis, DiagnosisStep } from '../doctor/index.ts'
import type { Command, Given } from './command.ts'
import { formatOptions, reachOptions, readConnectionOptions } from './connection-options.ts'
import type { CommandContext } from './context.ts'
import { exitCodeOfCode, exitCodes } from './exit-codes.ts'
import { exitCodesNote } from './help.ts'
import { underHeading } from './option-values.ts'
import { gatewayLogin, messageOf, withOptions } from './remedies.ts'
import { jsonLine, oneLine } from './text.ts'

/** The fields of a diagnosis, for `--fields` and `--template`. */
const fields: readonly (keyof Diagnosis)[] = ['url', 'steps', 'transport', 'verdict']

const marks = { ok: 'ok', warning: 'warning', failed: 'FAILED', skipped: 'skipped' } as const

/** Looks for what keeps the client from following Meshery. */
export const doctor: Command = {
  name: 'doctor',
  summary: 'find out why Meshery cannot be followed, and how it will be',
  description:
    'Looks at the configuration, proxy, DNS, TCP, TLS, server, credentials, clock, stored events, and each transport. Prints one line a step with what to do, and a verdict. It only reads. Where the server has SSE, it waits for the first line of a stream: up to 20 s. Ends with 0 if a transport works, with 2 if an option or a file of certificates is wrong, with 3 if the credentials are refused or unreadable or a gateway wants a login, else with 4.',
  notes: [
    {
      heading: 'Examples:',
      items: [
        ['meshery-live doctor --url https://meshery.example.com', 'step by step'],
        ['meshery-live doctor -o yaml --fields verdict,transport', 'for a script'],
      ],
    },
    exitCodesNote,
  ],
  options: () => [
    ...formatOptions('pretty (default), wide or json', fields),
    ...underHeading('Output', [new Option('-v, --verbose', 'print the facts of each step below it, as JSON')]),
    ...reachOptions(),
  ],
  async run({ options: values }: Given, context: CommandContext): Promise<number> {
    const { connection, format, verbose } = readConnectionOptions(values, fields)
    const { stdout, signal } = context
    const written: Promise<unknown>[] = []
    const onStep = (step: DiagnosisStep): void => {
      if (format === undefined) written.push(stdout.write(textOf(step, verbose), signal))
    }
    const diagnosis = await context.diagnose(connection, { onStep })
    await Promise.all(written)
    await stdout.writeLine(format?.one(diagnosis) ?? `\n${shown(diagnosis.verdict)}`, signal)
    return exitCodeOfDiagnosis(diagnosis)
  },
}

/** 0 if a transport works. Else what the first failure means for any command, or that the server is not reached. */
const exitCodeOfDiagnosis = ({ transport, steps }: Diagnosis): number => {
  if (transport !== null) return exitCodes.done
  const cause = steps.find(({ status }) => status === 'failed')
  const code = cause === undefined ? exitCodes.failure : exitCodeOfCode(cause.details['code'])
  return code === exitCodes.failure ? exitCodes.unreachable : code
}

/** A step in a line, and below it the remedy and, if asked for, the facts. */
const textOf = ({ name, status, tookMs, message, remedy, details }: DiagnosisStep, verbose: boolean): string => {
  const time = status === 'skipped' ? '' : `${tookMs} ms`
  const hasFacts = verbose && Object.keys(details).length > 0
  const below = [...(remedy === null ? [] : [shown(remedy)]), ...(hasFacts ? [jsonLine(details)] : [])]
  return [
    `${marks[status].padEnd(8)} ${name.padEnd(14)} ${time.padStart(8)}  ${shown(message)}\n`,
    ...below.map((line) => `${' '.repeat(34)}${line}\n`),
  ].join('')
}

/** With the options as the command line names them, and without control characters. */
const shown = (text: string): string => {
  const fitting = [...remedies].reduce((all, [common, own]) => all.replace(common, own), text)
  return oneLine(withOptions(messageOf({ message: fitting })))
}

/** Remedies that name what a command line does not have, and what to do there. */
const remedies: ReadonlyMap<string, string> = new Map([
  [
    errorKinds.TIMED_OUT.remedy,
    'Check that the server is healthy, and that no firewall or proxy on the way holds back what it sends.',
  ],
  [errorKinds.GATEWAY_LOGIN.remedy, gatewayLogin],
])
