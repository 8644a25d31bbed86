/** A command as completion sees it. */
export interface CommandNode {
  readonly name: string
  readonly summary: string
  readonly flags: ReadonlyArray<{ readonly name: string, readonly summary: string }>
  readonly commands: readonly CommandNode[]
}

/** Script for bash: one case per command path. */
export function bashCompletion (root: CommandNode): string {
  return `# tosd completion for bash
_tosd() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path="" word words
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; *) path="$path $word" ;; esac
  done
  case "$path" in
${cases(root)}
    *) words="" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  [ \${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "$current"))
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
    for (const { name, summary } of allFlags(command)) out.push(`complete -c tosd -n ${quote(seen)} -l ${name.slice(2)} -d ${quote(summary)}`)
  }
  return `${out.join('\n')}\n`
}

function cases (root: CommandNode): string {
  const rows = [...walk(root, '')].map(([path, node]) => {
    const words = [...node.commands.map(({ name }) => name), ...node.flags.map(({ name }) => name), '--help']
    // arguments may follow a command that has no further ones below it
    return `    "${path}"${path !== '' && node.commands.length === 0 ? `|"${path} "*` : ''}) words="${words.join(' ')}" ;;`
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
