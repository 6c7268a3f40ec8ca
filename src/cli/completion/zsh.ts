/** Completion for zsh, by its own `_arguments`. Pure. */
import {
  type ArgumentFacts,
  type CommandFacts,
  everyCommand,
  type OptionFacts,
  type ValueFacts,
} from '../program-facts.js'

export function zshCompletion(program: CommandFacts): string {
  const functions = [program, ...everyCommand(program)].map(functionOf).join('\n')
  return `#compdef longhaul
# Completion of longhaul for zsh. Use it with: source <(longhaul completion zsh)
# or write it to a file called _longhaul in a folder of $fpath.
_longhaul_known() {
  local -a known
  local line
  for line in \${(f)"$(command longhaul words $1 2>/dev/null)"}; do
    known+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  _describe -t $1 $1 known
}
${functions}
if [[ $funcstack[1] == _longhaul ]]; then
  _longhaul "$@"
else
  compdef _longhaul longhaul
fi
`
}

function functionOf(command: CommandFacts): string {
  const { options, arguments: given, commands } = command
  if (commands.length === 0) {
    const specs = [...options.map(optionSpec), ...given.map(argumentSpec)]
    return `${nameOf(command)}() {\n  _arguments -s -S ${specs.join(' \\\n    ')}\n}`
  }
  const specs = [...options.map(optionSpec), "'1: :->command'", "'*:: :->rest'"]
  const described = commands.flatMap(({ path, aliases, description }) =>
    [path.at(-1) ?? '', ...aliases].map((name) => quoted(`${name}:${description.replaceAll(':', '\\:')}`)),
  )
  const cases = commands.map((each) => {
    const names = [each.path.at(-1), ...each.aliases].join('|')
    return `        ${names}) ${nameOf(each)} ;;`
  })
  return `${nameOf(command)}() {
  local context state state_descr line
  typeset -A opt_args
  _arguments -C ${specs.join(' \\\n    ')}
  case $state in
    command)
      local -a names
      names=(${described.join(' ')})
      _describe command names ;;
    rest)
      case $line[1] in
${cases.join('\n')}
      esac ;;
  esac
}`
}

function nameOf({ path }: CommandFacts): string {
  return ['_longhaul', ...path].join('_').replaceAll('-', '_')
}

function optionSpec({ short, long, description, value, isRepeated }: OptionFacts): string {
  const told = `[${description.replace(/[[\]\\:]/g, '\\$&')}]`
  const many = isRepeated ? '*' : ''
  const tail =
    value === undefined ? told : `${told}${value.isOptional ? '::' : ':'}${value.name}:${action(value)}`
  const longName = value === undefined ? long : `${long}${value.isOptional ? '=-' : '='}`
  if (short === undefined) return quoted(`${many}${longName}${tail}`)
  const others = isRepeated ? many : `(${short} ${long})`
  return `${quoted(others)}{${value === undefined ? short : `${short}+`},${longName}}${quoted(tail)}`
}

function argumentSpec({ name, value, isVariadic }: ArgumentFacts, index: number): string {
  return quoted(`${isVariadic ? '*' : index + 1}:${name}:${action(value)}`)
}

function action(value: ValueFacts): string {
  if (value.kind === 'choice') return `(${value.choices.join(' ')})`
  // The blank keeps away arguments that are not for it.
  if (value.kind === 'known') return ` _longhaul_known ${value.list}`
  if (value.kind === 'file') return '_files'
  return value.kind === 'folder' ? '_files -/' : ' '
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
