import { runSuites } from '../bench/harness.ts'

process.exitCode = await runSuites('privacy', { 'first-spy': async () => (await import('./first-spy.ts')).suite }, process.argv.slice(2))
