/** Completion for bash, from 3.2 on, which macOS still has; needs nothing beside bash. Pure. */
import { type CommandFacts, everyCommand, type OptionFacts, type ValueFacts } from '../program-facts.js'

export function bashCompletion(program: CommandFacts): string {
  const commands = [program, ...everyCommand(program)]
  return `# Completion of longhaul for bash. Use it with: source <(longhaul completion bash)
_longhaul_words() {
  local IFS=$' \\t\\n'
  COMPREPLY=($(compgen -W "$1" -- "$cur"))
}
_longhaul_paths() {
  local IFS=$'\\n'
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen "$1" -- "$cur"))
}
_longhaul_known() {
  local word rest
  while IFS=$'\\t' read -r word rest; do
    [[ $word == "$cur"* ]] && COMPREPLY+=("$(printf %q "$word")")
  done < <(command longhaul words "$1" 2>/dev/null)
}
_longhaul() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command='' names='' i
  COMPREPLY=()
  if [[ $cur == '=' ]]; then
    cur=''
  elif [[ $prev == '=' ]]; then
    prev=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$command/\${COMP_WORDS[i]}" in
      */--) names=only; break ;;
${commands.flatMap((each) => each.commands.map((sub) => nameCase(each, sub))).join('\n')}
    esac
  done
  if [[ $names != only ]]; then
    case "$command $prev" in
${commands.flatMap((each) => each.options.flatMap((option) => valueCase(each, option))).join('\n')}
    esac
    if [[ $cur == -* ]]; then
      case "$command" in
${commands.map((each) => `        ${quoted(nameOf(each))}) _longhaul_words ${quoted(flagsOf(each))} ;;`).join('\n')}
      esac
      return
    fi
  fi
  case "$command" in
${commands.map((each) => `    ${quoted(nameOf(each))}) ${argumentsOf(each)} ;;`).join('\n')}
  esac
}
complete -F _longhaul longhaul
`
}

function nameOf({ path }: CommandFacts): string {
  return path.join(' ')
}

function nameCase(parent: CommandFacts, command: CommandFacts): string {
  const names = [command.path.at(-1) ?? '', ...command.aliases]
  const patterns = names.map((name) => quoted(`${nameOf(parent)}/${name}`)).join('|')
  return `      ${patterns}) command=${quoted(nameOf(command))} ;;`
}

function valueCase(command: CommandFacts, { short, long, value }: OptionFacts): readonly string[] {
  // An optional value comes by = alone: what follows the flag is something else.
  if (value === undefined || value.isOptional) return []
  const flags = short === undefined ? [long] : [short, long]
  const patterns = flags.map((flag) => quoted(`${nameOf(command)} ${flag}`)).join('|')
  return [`      ${patterns}) ${completed(value)}return ;;`]
}

function completed(value: ValueFacts): string {
  if (value.kind === 'choice') return `_longhaul_words ${quoted(value.choices.join(' '))}; `
  if (value.kind === 'known') return `_longhaul_known ${value.list}; `
  if (value.kind === 'text') return ''
  return `_longhaul_paths ${value.kind === 'file' ? '-f' : '-d'}; `
}

function flagsOf({ options }: CommandFacts): string {
  return options.map(({ long }) => long).join(' ')
}

function argumentsOf({ commands, arguments: given }: CommandFacts): string {
  if (commands.length > 0) {
    const names = commands.flatMap(({ path, aliases }) => [path.at(-1), ...aliases])
    return `_longhaul_words ${quoted(names.join(' '))}`
  }
  const choices = given.flatMap(({ value }) => (value.kind === 'choice' ? value.choices : []))
  if (choices.length > 0) return `_longhaul_words ${quoted(choices.join(' '))}`
  const lists = given.flatMap(({ value }) => (value.kind === 'known' ? [value.list] : []))
  if (lists.length > 0) return lists.map((list) => `_longhaul_known ${list}`).join('; ')
  if (given.some(({ value }) => value.kind === 'file')) return '_longhaul_paths -f'
  return given.some(({ value }) => value.kind === 'folder') ? '_longhaul_paths -d' : ':'
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
