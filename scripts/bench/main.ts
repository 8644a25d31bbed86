import { runSuites } from './harness.ts'
import { suites } from './suites.ts'

process.exitCode = await runSuites('bench', suites, process.argv.slice(2))
