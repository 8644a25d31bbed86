import type { Command } from 'commander'
import { Argument } from 'commander'
import type { CommandModule } from '../cli.ts'
import { bashCompletion, fishCompletion, zshCompletion } from '../completion-scripts.ts'
import type { CommandNode, FlagValue } from '../completion-scripts.ts'

/** Names of values that are files. */
const FILES = /^(?:file|path)$/
const SHELLS: Readonly<Record<string, (root: CommandNode) => string>> = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion }

/** `tosd completion bash|zsh|fish`: a script derived from the command tree. */
export const completionCommand: CommandModule = (parent, cli) => {
  parent.command('completion').description('print a completion script: tosd completion bash > /etc/bash_completion.d/tosd')
    .addArgument(new Argument('<shell>', 'whose script').choices(Object.keys(SHELLS)))
    .action(async (shell: string) => {
      const script = SHELLS[shell]?.(describe(parent)) ?? ''
      await cli.out.data({ shell, script }, () => script)
    })
}

function describe (command: Command): CommandNode {
  return {
    name: command.name(),
    summary: command.description(),
    flags: command.options.flatMap(({ long, description, flags, argChoices }) => long == null ? [] : [{ name: long, summary: description, value: valueOf(/[<[]([\w-]+)/.exec(flags)?.[1], argChoices) }]),
    values: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
    takesFile: command.registeredArguments.some(argument => FILES.test(argument.name())),
    commands: command.commands.map(describe)
  }
}

function valueOf (name: string | undefined, choices: readonly string[] | undefined): FlagValue {
  if (name === undefined) return 'none'
  return choices ?? (FILES.test(name) ? 'file' : 'other')
}
