import type { SuiteTable } from '../bench/harness.ts'

/** Every attack suite; a new one is one line here and one file beside this one. */
export const suites: SuiteTable = {
  chain: async () => (await import('./chain.ts')).suite,
  peers: async () => (await import('./peers.ts')).suite,
  streams: async () => (await import('./streams.ts')).suite,
  wire: async () => (await import('./wire.ts')).suite
}
