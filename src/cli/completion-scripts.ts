// Makes the completion scripts from commander's table of commands. They are static: completing starts no program.
import type { Command as Commander, Option } from 'commander'

export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

/** One command or group of the table. */
interface Entry {
  /** Its names from the program's on, without it; [] for the program itself. */
  readonly path: readonly string[]
  readonly summary: string
  readonly below: readonly Entry[]
  readonly options: readonly Option[]
  /** The values that its operand may have, if they are known. */
  readonly operands: readonly string[]
}

/** @param table The whole program, as commander knows it. */
export const completionScript = (shell: Shell, table: Commander): string =>
  scripts[shell](table.name(), entryOf(table, []))

const entryOf = (command: Commander, path: readonly string[]): Entry => ({
  path,
  summary: command.summary(),
  below: command.commands.map((one) => entryOf(one, [...path, one.name()])),
  options: optionsOf(command),
  operands: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
})

/** The help of a group also lists the options of the commands below it, which it does not take itself. */
const optionsOf = (command: Commander): readonly Option[] =>
  command
    .createHelp()
    .visibleOptions(command)
    .filter((option) => option.long === '--help' || command.options.includes(option))

/** The entry, and all below it. */
const entriesOf = (entry: Entry): readonly Entry[] => [entry, ...entry.below.flatMap(entriesOf)]

const nameOf = ({ path }: Entry): string => path.at(-1) ?? ''
const flagsOf = ({ short, long }: Option): readonly string[] => [long, short].filter((flag) => flag !== undefined)
const takesValue = ({ required, optional }: Option): boolean => required || optional
/** A quoted word of a shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`
/** The first sentence, which fits beside a word. */
const brief = (text: string): string => text.split(/[.;] /)[0] ?? text

/** Every option with a value, with what completes it. */
const bashValues = ({ path, options }: Entry): readonly string[] =>
  options
    .filter((option) => option.required)
    .map((option) => {
      const patterns = flagsOf(option).map((flag) => quoted(`${path.join(' ')}|${flag}`))
      // A value with a space in it would be inserted as two words.
      const choices = (option.argChoices ?? []).filter((choice) => !choice.includes(' '))
      return `    ${patterns.join('|')}) words=${quoted(choices.join(' '))} ;;`
    })

const bashWords = (entry: Entry): string => {
  const words = [...entry.below.map(nameOf), ...entry.operands, ...entry.options.flatMap(flagsOf)]
  return `    ${quoted(entry.path.join(' '))}) words=${quoted(words.join(' '))} ;;`
}

const bashScript = (program: string, root: Entry): string => {
  const entries = entriesOf(root)
  const steps = entries.flatMap(({ path, below }) =>
    below.map((one) => `      ${quoted(`${path.join(' ')}|${nameOf(one)}`)}) path=${quoted(one.path.join(' '))} ;;`),
  )
  const id = program.replaceAll('-', '_')
  return `# Completion for bash. Load it with: source <(${program} completion bash)
_${id}() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} path='' words='' word
  # Bash takes the = of --option=value as a word.
  if [[ $current == '=' ]]; then current=''
  elif [[ $previous == '=' ]]; then previous=\${COMP_WORDS[COMP_CWORD-2]}; fi
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$path|$word" in
${steps.join('\n')}
    esac
  done
  case "$path|$previous" in
${entries.flatMap(bashValues).join('\n')}
    *)
    case "$path" in
${entries.map((entry) => `  ${bashWords(entry)}`).join('\n')}
    esac ;;
  esac
  # In a list, what follows the last comma is completed.
  local before=\${current%"\${current##*,}"}
  COMPREPLY=($(compgen -P "$before" -W "$words" -- "\${current##*,}"))
}
complete -F _${id} ${program}`
}

/** Text in brackets or after a colon of a zsh specification. */
const zshText = (text: string): string => text.replace(/[\\\][:]/g, '\\$&')

/** What completes the value of an option: nothing, one of its choices, or a list of them. */
const zshValues = ({ argChoices = [], flags }: Option): string => {
  const values = argChoices.map((choice) => choice.replaceAll(' ', '\\ ')).join(' ')
  if (values === '') return ' '
  return flags.includes('<LIST>') ? `{_sequence compadd - ${values}}` : `(${values})`
}

/** One option as `_arguments` takes it. */
const zshOption = (option: Option): string => {
  const text = `[${zshText(brief(option.description))}]`
  const flags = flagsOf(option)
  if (!takesValue(option)) return flags.map((flag) => quoted(`*${flag}${text}`)).join(' ')
  // Of an optional value, the = is the only way in.
  const [equals, colon] = option.optional ? ['=-', '::'] : ['=', ':']
  const withEquals = (flag: string): string => (flag.startsWith('--') ? `${flag}${equals}` : `${flag}+`)
  return flags.map((flag) => quoted(`*${withEquals(flag)}${text}${colon}value:${zshValues(option)}`)).join(' ')
}

const zshFunction = (id: string, entry: Entry): string => {
  const name = ['', id, ...entry.path].join('_').replaceAll('-', '_')
  const options = entry.options.map((option) => `    ${zshOption(option)}`)
  if (entry.below.length === 0) {
    const operand = entry.operands.length === 0 ? [] : [`    ${quoted(`1:operand:(${entry.operands.join(' ')})`)}`]
    return `${name}() {\n  _arguments \\\n${[...options, ...operand].join(' \\\n')}\n}`
  }
  const names = entry.below.map((one) => quoted(`${nameOf(one)}:${one.summary}`)).join(' ')
  const cases = entry.below.map((one) => `      ${nameOf(one)}) ${name}_${nameOf(one).replaceAll('-', '_')} ;;`)
  return `${name}() {
  local context state state_descr line
  typeset -A opt_args
  _arguments -C \\
${options.join(' \\\n')} \\
    '1: :->command' '*:: :->rest'
  case $state in
    command) local -a names=(${names}); _describe command names ;;
    rest) case $line[1] in
${cases.join('\n')}
    esac ;;
  esac
}`
}

const zshScript = (program: string, root: Entry): string => {
  const id = program.replaceAll('-', '_')
  return `#compdef ${program}
# Completion for zsh. Load it with: source <(${program} completion zsh), after compinit.
${entriesOf(root)
  .map((entry) => zshFunction(id, entry))
  .join('\n')}
compdef _${id} ${program}`
}

/** Holds where the commands of the path were given, and none below them. */
const fishCondition = ({ path, below }: Entry): string => {
  const seen = path.map((name) => `__fish_seen_subcommand_from ${name}`)
  const names = below.map(nameOf).join(' ')
  return [...seen, ...(names === '' ? [] : [`not __fish_seen_subcommand_from ${names}`])].join('; and ')
}

const fishLines = (program: string, entry: Entry): readonly string[] => {
  const start = `complete -c ${program} -n ${quoted(fishCondition(entry))}`
  const below = entry.below.map((one) => `${start} -a ${nameOf(one)} -d ${quoted(one.summary)}`)
  const operands = entry.operands.map((operand) => `${start} -a ${operand}`)
  const options = entry.options.map((option) => {
    const flags = flagsOf(option).map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`))
    const values = (option.argChoices ?? []).map((choice) => quoted(choice)).join(' ')
    const choices = values === '' ? '' : ` -a ${quoted(`(__fish_append , ${values})`)}`
    return `${start} ${flags.join(' ')}${option.required ? ' -x' : ''}${choices} -d ${quoted(brief(option.description))}`
  })
  return [...below, ...operands, ...options]
}

const fishScript = (program: string, root: Entry): string =>
  [
    `# Completion for fish. Load it with: ${program} completion fish | source`,
    `complete -c ${program} -f`,
    ...entriesOf(root).flatMap((entry) => fishLines(program, entry)),
  ].join('\n')

const scripts: Readonly<Record<Shell, (program: string, root: Entry) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
}
