/** What follows a flag: nothing, one of some words, a file, or something a shell cannot know. */
export type FlagValue = 'none' | 'file' | 'other' | readonly string[]

/** A command as completion sees it. */
export interface CommandNode {
  readonly name: string
  readonly summary: string
  readonly flags: ReadonlyArray<{ readonly name: string, readonly summary: string, readonly value: FlagValue }>
  /** Words its argument may be. */
  readonly values: readonly string[]
  /** True when its argument is a file. */
  readonly takesFile: boolean
  readonly commands: readonly CommandNode[]
}

/** Script for bash: one case per command path, and one for what follows a flag. Words after a flag that takes a value are no part of the path. */
export function bashCompletion (root: CommandNode): string {
  const flags = allFlags(root)
  const valued = flags.filter(({ value }) => value !== 'none').map(({ name }) => name)
  return `# tosd completion for bash
_tosd() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" path="" word words files="" skip=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    if [ -n "$skip" ]; then skip=""; continue; fi
    case "$word" in
      ${valued.join('|')}) skip=1 ;;
      -*) ;;
      *) path="$path $word" ;;
    esac
  done
  case "$previous" in
${flags.flatMap(({ name, value }) => value === 'none' || value === 'other' ? [] : [`    ${name}) ${value === 'file' ? 'files=1' : `words="${value.join(' ')}"`} ;;`]).join('\n')}
    ${flags.filter(({ value }) => value === 'other').map(({ name }) => name).join('|')}) ;;
    *) case "$path" in
${cases(root)}
    esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  [ -z "$files" ] || [ \${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "$current"))
}
complete -o filenames -F _tosd tosd
`
}

/** Script for zsh: bash's, through its own compatibility layer. */
export function zshCompletion (root: CommandNode): string {
  return `#compdef tosd\nautoload -U +X bashcompinit && bashcompinit\n${bashCompletion(root)}`
}

/** Script for fish, with the summaries beside each word. */
export function fishCompletion (root: CommandNode): string {
  const out = ['# tosd completion for fish', `complete -c tosd -n __fish_use_subcommand -f -a ${quote(root.commands.map(({ name }) => name).join(' '))}`]
  for (const command of root.commands) {
    const seen = `__fish_seen_subcommand_from ${command.name}`
    out.push(`complete -c tosd -n __fish_use_subcommand -a ${command.name} -d ${quote(command.summary)}`)
    for (const child of command.commands) out.push(`complete -c tosd -n ${quote(seen)} -f -a ${child.name} -d ${quote(child.summary)}`)
    if (command.values.length > 0) out.push(`complete -c tosd -n ${quote(seen)} -f -a ${quote(command.values.join(' '))}`)
    for (const { name, summary, value } of allFlags(command)) out.push(`complete -c tosd -n ${quote(seen)} -l ${name.slice(2)}${after(value)} -d ${quote(summary)}`)
  }
  return `${out.join('\n')}\n`
}

function after (value: FlagValue): string {
  if (value === 'none') return ''
  if (value === 'file') return ' -r -F'
  return value === 'other' ? ' -x' : ` -x -a ${quote(value.join(' '))}`
}

function cases (root: CommandNode): string {
  const rows = [...walk(root, '')].map(([path, node]) => {
    const words = [...node.commands.map(({ name }) => name), ...node.values, ...node.flags.map(({ name }) => name), '--help']
    // arguments may follow a command that has no further ones below it
    return `      "${path}"${path !== '' && node.commands.length === 0 ? `|"${path} "*` : ''}) words="${words.join(' ')}"${node.takesFile ? ' files=1' : ''} ;;`
  })
  return rows.join('\n')
}

function * walk (node: CommandNode, path: string): Generator<[string, CommandNode]> {
  yield [path, node]
  for (const child of node.commands) yield * walk(child, `${path} ${child.name}`)
}

function allFlags (node: CommandNode): CommandNode['flags'] {
  const all = [...walk(node, '')].flatMap(([, { flags }]) => flags)
  return [...new Map(all.map(flag => [flag.name, flag])).values()]
}

function quote (text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
