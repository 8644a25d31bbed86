import type { SuiteTable } from '../bench/harness.ts'

/** Every fault suite; a new one is one line here and one file beside this one. */
export const suites: SuiteTable = {
  kill: async () => (await import('./kill.ts')).suite,
  damage: async () => (await import('./damage.ts')).suite,
  disk: async () => (await import('./disk.ts')).suite
}
