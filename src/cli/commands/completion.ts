import type { Command } from 'commander'
import { Argument } from 'commander'
import type { CommandModule } from '../cli.ts'
import { bashCompletion, fishCompletion, zshCompletion } from '../completion-scripts.ts'
import type { CommandNode } from '../completion-scripts.ts'

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
    flags: command.options.flatMap(({ long, description }) => long == null ? [] : [{ name: long, summary: description }]),
    commands: command.commands.map(describe)
  }
}
