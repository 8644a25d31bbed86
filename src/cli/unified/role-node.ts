import type { TosNode } from '../../node/index.ts'
import { kadOptions } from './kad-role.ts'
import type { KadTask, TransportTask } from './read-env.ts'
import { transportOptions } from './transport-role.ts'

/** Starts the node that plays the role: a fresh identity, no peers but those of the test. Throws as `createTosNode`. */
export async function openRoleNode (task: TransportTask | KadTask): Promise<TosNode> {
  const { createTosNode } = await import('../../node/index.ts')
  return await createTosNode({ network: 'devnet', ephemeral: true, bootstrap: [], mdns: false, mine: false, ...task.test === 'kad' ? kadOptions(task) : transportOptions(task) })
}
