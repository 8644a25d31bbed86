import type { Command } from 'commander'
import type { Config } from '../../config/index.ts'
import { TosError } from '../../errors/index.ts'
import type { ChainStatsView, VerifyView } from '../../monitor/index.ts'
import type { Cli, Flags } from '../cli.ts'
import { loadFor } from '../cli.ts'
import { addConfigFlags, TARGET_KEYS } from '../config-flags.ts'
import { isRunning, onChainDir, onLedger } from '../on-data-dir.ts'
import { facts, showBytes } from '../output.ts'
import { showProgress } from '../progress.ts'

/** `tosd chain verify|prune|stats`: the block store of the running node, or of its data directory. */
export function addUpkeepCommands (chain: Command, cli: Cli): void {
  addConfigFlags(chain.command('verify'), [...TARGET_KEYS, 'difficulty']).description('check every block held: hashes, work, links, nonces, Merkle roots; changes nothing')
    .option('--signatures', 'also every signature of every transaction')
    .action(async (flags: Flags) => await verify(cli, flags))
  addConfigFlags(chain.command('prune'), [...TARGET_KEYS, 'difficulty']).description('drop the bodies of old blocks, keep their headers; the node must not run')
    .option('--keep <n>', 'heights below the tip whose bodies stay, 288 or more', '288')
    .action(async (flags: Flags) => await prune(cli, flags))
  addConfigFlags(chain.command('stats'), [...TARGET_KEYS, 'difficulty']).description('blocks, bytes, tips, what is pruned, and how fast it grows')
    .action(async (flags: Flags) => await stats(cli, flags))
}

async function verify (cli: Cli, flags: Flags): Promise<void> {
  const { config } = await loadFor(cli, flags)
  const signatures = flags['signatures'] === true
  const { createAdminClient } = await import('../../monitor/index.ts')
  const api = createAdminClient(config.adminSocket)
  const last = await isRunning(api)
    ? await showProgress(cli, 'verified', api.chainVerify({ signatures }, { signal: cli.signal }))
    : await onChainDir(config, async location => await showProgress(cli, 'verified', verifyOffline(cli, config, location, signatures)))
  if (last?.verification?.damage === undefined) return
  const { damage: { number, reason, height, hash }, last: sound } = last.verification
  throw new TosError('STORE_CORRUPT', `the chain holds up to height ${sound.height}: ${reason}`, {
    details: { number, ...(height === undefined ? {} : { height }), ...(hash === undefined ? {} : { hash }), lastSoundHeight: sound.height, lastSoundHash: sound.hash },
    hint: `start the node, or start it anew: it keeps the ${sound.number} sound blocks, puts the damaged log aside as chain/blocks.damaged and fetches the rest again`
  })
}

async function * verifyOffline (cli: Cli, { network, difficulty }: Config, location: string, signatures: boolean): AsyncGenerator<VerifyView> {
  const { verifyStore } = await import('../../chain/index.ts')
  const { verifyStream } = await import('../../node/api/verify-stream.ts')
  yield * verifyStream(onProgress => verifyStore(location, { network, difficulty: BigInt(difficulty), signatures, signal: cli.signal, onProgress }))
}

async function prune (cli: Cli, flags: Flags): Promise<void> {
  const keep = flags['keep']
  if (typeof keep !== 'string' || !/^\d{1,15}$/.test(keep)) throw new TosError('USAGE', `--keep must be a whole number, got ${String(keep)}`)
  const { LEAST_KEPT } = await import('../../chain/index.ts')
  if (Number(keep) < LEAST_KEPT) throw new TosError('USAGE', `--keep must be ${LEAST_KEPT} or more, got ${keep}`, { hint: 'a reorganisation, and peers that were away, need the newest bodies' })
  const { config } = await loadFor(cli, flags)
  const result = await onLedger(config, async ledger => await ledger.upkeep.prune(Number(keep)))
  await cli.out.data(result, () => result.pruned === 0
    ? `nothing to prune: bodies from height ${result.prunedBelow} on are held`
    : `pruned ${result.pruned} bodies below height ${result.prunedBelow}: ${showBytes(result.bytesBefore)} became ${showBytes(result.bytesAfter)}`)
}

async function stats (cli: Cli, flags: Flags): Promise<void> {
  const { config } = await loadFor(cli, flags)
  const { createAdminClient } = await import('../../monitor/index.ts')
  const api = createAdminClient(config.adminSocket)
  const view = await isRunning(api) ? await api.chainStats() : await onLedger(config, async ledger => await ledger.upkeep.stats())
  await cli.out.data(view, () => renderStats(view))
}

/** Statistics for a person. */
export function renderStats ({ height, blocks, tips, merged, aside, transactions, accounts, bytes, prunedBelow, writable, growth }: ChainStatsView): string {
  return facts([
    ['height', height], ['blocks', blocks], ['merged', merged], ['aside', aside], ['tips', tips], ['transactions', transactions], ['accounts', accounts], ['on disk', showBytes(bytes)],
    ['pruned below', prunedBelow === 0 ? 'nothing is pruned' : prunedBelow], ['writable', writable ? 'yes' : 'no: the disk refuses blocks'],
    ['growth', growth === undefined ? undefined : `${growth.blocksPerDay} blocks and ${showBytes(growth.bytesPerDay)} a day, over the last ${growth.overBlocks} heights`]
  ])
}
