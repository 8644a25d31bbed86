import { EXIT } from '../../errors/index.ts'
import type { TosNode } from '../../node/index.ts'
import type { Cli, CommandModule } from '../cli.ts'
import { openBoard } from '../unified/board.ts'
import type { Board } from '../unified/board.ts'
import { bootstrapRole, providerRole, querierRole } from '../unified/kad-role.ts'
import { readTask } from '../unified/read-env.ts'
import type { KadTask, TransportTask } from '../unified/read-env.ts'
import { openRoleNode } from '../unified/role-node.ts'
import { dialRole, listenRole } from '../unified/transport-role.ts'

/** `tosd unified`, also `tosd --unified`: one role of libp2p/unified-testing, told by the environment. */
export const unifiedCommand: CommandModule = (parent, cli) => {
  parent.command('unified').description('play a role of libp2p/unified-testing, told by the environment (IS_DIALER or ROLE, REDIS_ADDR, TEST_KEY, …)')
    .action(async () => { await unified(cli) })
}

async function unified (cli: Cli): Promise<void> {
  const task = readTask(cli.env)
  const stopped = new AbortController()
  // to be stopped is how most roles end: no failure
  cli.takeSignals(() => { stopped.abort() })
  const board = await openBoard(task.redis, task.testKey)
  try {
    const node = await openRoleNode(task)
    try {
      await play(cli, task, node, board, stopped.signal)
    } finally {
      await node.stop()
    }
  } catch (error) {
    if (!stopped.signal.aborted) throw error
  } finally {
    board.close()
  }
}

async function play (cli: Cli, task: TransportTask | KadTask, node: TosNode, board: Board, stopped: AbortSignal): Promise<void> {
  const signal = AbortSignal.any([stopped, AbortSignal.timeout(task.timeoutMs)])
  if (task.test === 'transport') {
    if (task.isDialer) await cli.out.write(await dialRole(node, board, signal))
    else await listenRole(node, board, stopped)
    return
  }
  if (task.role === 'bootstrap') await bootstrapRole(node, board, stopped)
  else if (task.role === 'provider') await providerRole(node, board, task.testKey, signal, stopped)
  else {
    const { passed, yaml } = await querierRole(node, board, task.testKey, signal)
    await cli.out.write(yaml)
    if (!passed) cli.exit(EXIT.failed)
  }
}
