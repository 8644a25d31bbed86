import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { TosError } from '../../errors/index.ts'
import type { ProgressView } from '../../monitor/index.ts'
import type { Cli, CommandModule, Flags } from '../cli.ts'
import { loadFor } from '../cli.ts'
import { addConfigFlags, TARGET_KEYS } from '../config-flags.ts'
import { isRunning, onLedger } from '../on-data-dir.ts'
import { showProgress } from '../progress.ts'
import { addUpkeepCommands } from './chain-upkeep.ts'

/** `tosd chain import|export|generate|verify|prune|stats`: chain files and the block store, through the running node or straight on its data directory. */
export const chainCommand: CommandModule = (parent, cli) => {
  const chain = parent.command('chain').description('chain files: import, export, generate; the block store: verify, prune, stats')
  addConfigFlags(chain.command('import').argument('<file>'), [...TARGET_KEYS, 'difficulty']).description('read and verify the blocks of a chain file')
    .action(async (file: string, flags: Flags) => await transfer(cli, flags, 'imported', resolve(file), 'chainImport'))
  addConfigFlags(chain.command('export').argument('<file>'), [...TARGET_KEYS, 'difficulty']).description('write all blocks below the tip to a file; refuses to overwrite')
    .action(async (file: string, flags: Flags) => {
      refuseExisting(file)
      await transfer(cli, flags, 'exported', resolve(file), 'chainExport')
    })
  chain.command('generate').description('make a test chain with real proof of work and signed transactions, always the same for the same options')
    .requiredOption('--out <file>', 'chain file to write').option('--network <name>', 'network of the chain', 'devnet').option('--difficulty <n>', 'private networks only')
    .option('--blocks <n>', 'blocks above genesis', '2000').option('--txs <n>', 'transactions a block', '20').option('--body-bytes <n>', 'body of a transaction', '64')
    .option('--forks <share>', 'share of blocks with several parents, 0 to 0.4', '0').option('--seed <text>', 'any text', 'tos')
    .action(async (flags: Flags) => await generate(cli, flags))
  addUpkeepCommands(chain, cli)
}

async function transfer (cli: Cli, flags: Flags, verb: string, path: string, method: 'chainImport' | 'chainExport'): Promise<void> {
  const { config } = await loadFor(cli, flags)
  const { createAdminClient } = await import('../../monitor/index.ts')
  const api = createAdminClient(config.adminSocket)
  if (await isRunning(api)) {
    await showProgress(cli, verb, api[method]({ path }, { signal: cli.signal }))
    return
  }
  await onLedger(config, async ledger => {
    const { exportChain, importChain } = await import('../../chain/index.ts')
    const { progressStream } = await import('../../node/api/progress-stream.ts')
    const job = method === 'chainImport' ? importChain : exportChain
    await showProgress(cli, verb, progressStream(() => Number(ledger.tip().height), report => job(ledger, path, { signal: cli.signal, onProgress: report })))
  })
}

async function generate (cli: Cli, flags: Flags): Promise<void> {
  const out = resolve(String(flags['out']))
  refuseExisting(out)
  const network = String(flags['network'])
  const difficulty = flags['difficulty'] === undefined ? undefined : BigInt(whole('difficulty', flags['difficulty']))
  const blocks = whole('blocks', flags['blocks'])
  const { createReferenceLedger, exportChain, generateChain } = await import('../../chain/index.ts')
  const options = {
    network, ...(difficulty === undefined ? {} : { difficulty }), blocks, transactionsPerBlock: whole('txs', flags['txs']), bodyBytes: whole('body-bytes', flags['bodyBytes']),
    forks: Number(flags['forks']), seed: String(flags['seed']), signal: cli.signal
  }
  // through a ledger, so that what is written has passed every rule
  const ledger = await createReferenceLedger({ network, ...(difficulty === undefined ? {} : { difficulty }) })
  const started = performance.now()
  async function * made (): AsyncGenerator<ProgressView> {
    let [count, transactions, shown] = [0, 0, started]
    const view = (): ProgressView => ({ blocks: count, transactions, height: Number(ledger.tip().height), total: blocks, elapsedMs: Math.round(performance.now() - started) })
    for await (const block of generateChain(options)) {
      await ledger.add(block)
      count++
      transactions += block.transactions.length
      if (performance.now() - shown > 250) {
        shown = performance.now()
        yield view()
      }
    }
    await exportChain(ledger, out, { signal: cli.signal })
    yield { ...view(), done: true }
  }
  try {
    await showProgress(cli, 'generated', made())
  } finally {
    await ledger.close()
  }
}

function refuseExisting (file: string): void {
  if (existsSync(file)) throw new TosError('FILE_UNREADABLE', `${file} exists`, { hint: 'nothing is overwritten: choose another name' })
}

function whole (name: string, value: unknown): number {
  if (typeof value !== 'string' || !/^\d{1,15}$/.test(value)) throw new TosError('USAGE', `--${name} must be a whole number, got ${String(value)}`)
  return Number(value)
}
