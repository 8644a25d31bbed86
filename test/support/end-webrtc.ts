import { createRequire } from 'node:module'

/**
 * Ends the threads of the WebRTC library, once all nodes of this process have stopped. A peer that vanished in the middle of a close can
 * leave one of its connections behind, and that keeps a process from ending by itself; `tosd` exits on its own.
 */
export function endWebrtc (): void {
  const require = createRequire(import.meta.resolve('@libp2p/webrtc'))
  const { cleanup } = require('node-datachannel') as { cleanup (): void }
  cleanup()
}
