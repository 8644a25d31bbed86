import type { SuiteTable } from './harness.ts'

/** Every bench suite; a new one is one line here and one file beside this one. */
export const suites: SuiteTable = {
  codec: async () => (await import('./codec.ts')).suite,
  request: async () => (await import('./request.ts')).suite,
  node: async () => (await import('./node.ts')).suite,
  session: async () => (await import('./session.ts')).suite,
  sync: async () => (await import('./sync.ts')).suite,
  peers: async () => (await import('./peers.ts')).suite,
  mempool: async () => (await import('./mempool.ts')).suite,
  light: async () => (await import('./light.ts')).suite,
  interop: async () => (await import('./interop.ts')).suite
}
