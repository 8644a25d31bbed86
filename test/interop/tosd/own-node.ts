import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { createTosNode } from '../../../src/node/index.ts'
import type { PartialConfig } from '../../../src/config/index.ts'
import type { TosNode } from '../../../src/node/index.ts'
import { endWebrtc } from '../../support/end-webrtc.ts'
import type { PeerConfig } from '../harness/peer-config.ts'
import { nodeOptions } from './node-options.ts'

/** Our node with the options of `../tosd`, in this process: for peers that run in it too. Ends with the test. */
export async function startOwnNode (context: TestContext, config: PeerConfig, further: PartialConfig = {}): Promise<TosNode> {
  const dataDir = mkdtempSync(join(tmpdir(), 'tos-interop-'))
  const node = await createTosNode({ ...nodeOptions(config, ''), ...further, dataDir })
  context.after(async () => {
    await node.stop()
    if (config.transports?.includes('webrtc-direct') === true) endWebrtc()
    rmSync(dataDir, { recursive: true, force: true })
  })
  return node
}
