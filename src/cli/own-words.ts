/** Flags that say which node is meant, and what a shell has to be told again to mean the same one. */
const TARGET_FLAGS: ReadonlySet<string> = new Set(['--network', '--data-dir', '--admin-socket', '--config'])
/** Commands that ask no node. */
const ALONE = /^ (?:-|frame\b|completion\b|protocol\b|devnet\b|chain generate\b)/

/** The target flags of a command line as they were given, each with a blank before it: ` --network devnet --data-dir d`. */
export function targetFlags (argv: readonly string[]): string {
  let text = ''
  for (const [i, word] of argv.entries()) {
    const [flag, inline] = word.split(/=(.*)/s, 2) as [string, string | undefined]
    const value = inline ?? argv[i + 1]
    if (TARGET_FLAGS.has(flag) && value !== undefined) text += ` ${flag} ${quote(value)}`
  }
  return text
}

/** Our hints say `tosd …` in backticks; the reader gets the command as it was called, for the node that was meant. */
export function ownWords (text: string, self: string, target: string): string {
  return text.replace(/`tosd( [^`]*)?`/g, (_, rest: string = '') => `\`${ownCommand(rest, self, target)}\``)
}

/** One command: `rest` begins with a blank. */
export function ownCommand (rest: string, self: string, target: string): string {
  // key commands read a file: they have no socket to talk to
  const fitting = /^ key\b/.test(rest) ? target.replace(/ --admin-socket (?:'(?:[^']|'\\'')*'|\S+)/, '') : target
  return `${self}${rest}${rest === '' || ALONE.test(rest) ? '' : fitting}`
}

/** A word as a shell reads it. */
export function quote (word: string): string {
  return /^[\w./~:@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
