import { resolve } from 'node:path'
import { TosError } from '../../errors/index.ts'
import type { ShareParams } from '../../monitor/index.ts'
import type { CommandModule, Flags } from '../cli.ts'
import { daemonCommand } from '../cli.ts'
import { hexArgument } from '../hex-argument.ts'
import { facts, showDuration, table } from '../output.ts'
import { u64Argument } from '../u64-argument.ts'

/** `tosd share submit|ls`, also by the name `gpu-share`: AI mining is "GPU mining" on later pages of the specification. */
export const shareCommand: CommandModule = (parent, cli) => {
  const share = parent.command('share').alias('gpu-share').description('AI mining shares ("GPU mining")')
  daemonCommand(share, cli, 'submit', 'sign a mining share and send it; without --nonce and --answer the node searches', async (api, _args, flags) => {
    const sent = await api.shareSubmit(shareParams(flags), { signal: cli.signal })
    await cli.out.data(sent, () => `${sent.status === 'known' ? 'known' : 'sent'} ${sent.id}\n${facts([['miner', sent.miner], ['nonce', sent.nonce], ['peers', sent.peers]])}`)
  })
    .option('--task <id>', 'task id in hex; default zeros').option('--block <hash>', 'block it is for; default none').option('--work <n>', 'difficulty; default 1024')
    .option('--quality <n>', '0 to 100', '100').option('--energy <n>', 'energy used', '0').option('--stake <n>', 'stake behind it', '0').option('--proof <hex>', 'up to 2048 bytes')
    .option('--nonce <n>', 'what was found').option('--answer <hash>', 'the answer to it')
    .option('--key <file>', 'key file of the miner; default the node\'s own').option('--pool <peer>', 'send it to this peer only').option('--raw <hex>', 'a signed share, as it is')
  daemonCommand(share, cli, 'ls', 'shares accepted here, newest first', async (api, _args, flags) => {
    const { miner, max, byMiner } = flags
    if (byMiner === true) {
      const miners = await api.shareMiners()
      if (cli.out.json) for (const view of miners) await cli.out.data(view, () => '')
      else await cli.out.write(`${table(['MINER', 'SHARES', 'WORK', 'QUALITY', 'LAST'], miners.map(view => [view.miner, String(view.shares), view.work, view.quality.toFixed(1), `${showDuration(view.lastAgoMs)} ago`]))}\n`)
      return
    }
    if (!/^[1-9]\d{0,5}$/.test(String(max))) throw new TosError('USAGE', `--max must be a number of shares, got ${String(max).slice(0, 80)}`)
    const views = await api.shareLs({ max: Number(max), ...(typeof miner === 'string' ? { miner: hexArgument(miner) } : {}) })
    if (cli.out.json) for (const view of views) await cli.out.data(view, () => '')
    else await cli.out.write(`${table(['SHARE', 'MINER', 'TASK', 'DIFFICULTY', 'QUALITY', 'FROM'], views.map(view => [short(view.id), short(view.miner), short(view.task), view.difficulty, String(view.quality), view.origin]))}\n`)
  }).option('--miner <id>', 'of one miner, by its node id').option('--max <n>', 'how many', '100').option('--by-miner', 'what each miner has brought instead')
}

function shareParams (flags: Flags): ShareParams {
  const { task, block, work, quality, energy, stake, proof, nonce, answer, key, pool, raw } = flags
  const hex = (name: string, value: unknown): object => typeof value === 'string' ? { [name]: hexArgument(value) } : {}
  const to = typeof pool === 'string' ? { pool } : {}
  if (typeof raw === 'string') return { ...hex('raw', raw), ...to }
  if ((nonce === undefined) !== (answer === undefined)) throw new TosError('USAGE', 'give --nonce and --answer together, or neither')
  if (!/^\d{1,3}$/.test(String(quality)) || Number(quality) > 100) throw new TosError('USAGE', `--quality must be 0 to 100, got ${String(quality).slice(0, 80)}`)
  return {
    ...hex('task', task), ...hex('block', block), ...hex('proof', proof), ...hex('answer', answer), ...to, quality: Number(quality),
    energyUsed: u64Argument('--energy', energy), stakeAmount: u64Argument('--stake', stake),
    ...(work === undefined ? {} : { difficulty: u64Argument('--work', work) }), ...(nonce === undefined ? {} : { nonce: u64Argument('--nonce', nonce) }),
    ...(typeof key === 'string' ? { keyFile: resolve(key) } : {})
  }
}

function short (hex: string): string {
  return `${hex.slice(0, 16)}…`
}
