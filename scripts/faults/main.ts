import { runSuites } from '../bench/harness.ts'
import { suites } from './suites.ts'

process.exitCode = await runSuites('faults', suites, process.argv.slice(2))
