import { resolve } from 'node:path'
import { Option } from 'commander'
import { TosError } from '../../errors/index.ts'
import type { AdminApi, BlockView, SendParams } from '../../monitor/index.ts'
import type { Cli, CommandModule, Flags } from '../cli.ts'
import { daemonCommand } from '../cli.ts'
import { hexArgument } from '../hex-argument.ts'
import { facts, table } from '../output.ts'
import { u64Argument } from '../u64-argument.ts'

const PRIORITIES = ['low', 'normal', 'high', 'urgent']
const PRIVACY = ['low', 'medium', 'high', 'maximum']

/** `tosd block get|tips|mine|template|submit` and `tosd tx send|get`. */
export const ledgerCommands: CommandModule = (parent, cli) => {
  const block = parent.command('block').description('blocks the node holds')
  daemonCommand(block, cli, 'get [block]', 'one block, by hash or by height of the selected chain; default the tip', async (api, [name], flags) => await blockGet(cli, api, name, flags))
    .option('--hash <hash>', 'by hash').option('--height <n>', 'by height').option('--full', 'with the bytes of header and transactions')
  daemonCommand(block, cli, 'tips', 'blocks without a child, best first', async api => {
    const tips = await api.blockTips()
    if (cli.out.json) for (const tip of tips) await cli.out.data(tip, () => '')
    else await cli.out.write(`${table(['HEIGHT', 'DIFFICULTY', 'HASH'], tips.map(tip => [String(tip.height), tip.cumulativeDifficulty, tip.hash]))}\n`)
  })
  daemonCommand(block, cli, 'mine [count]', 'mine blocks now, one after the other; default 1', async (api, [count = '1']) => {
    if (!/^[1-9]\d{0,5}$/.test(count)) throw new TosError('USAGE', `${count} is not a number of blocks`)
    for await (const tip of api.blockMine({ count: Number(count) }, { signal: cli.signal })) await cli.out.data(tip, () => `block ${tip.height} ${tip.hash}`)
  })
  daemonCommand(block, cli, 'template', 'a block that lacks its nonce, for a miner outside', async (api, _args, flags) => {
    const { miner, aiMined } = flags
    const view = await api.blockTemplate({ ...(typeof miner === 'string' ? { miner: hexArgument(miner) } : {}), ...(aiMined === true ? { aiMined } : {}) })
    await cli.out.data(view, () => facts([
      ['template', view.template], ['height', view.height], ['difficulty', view.difficulty], ['target', view.target], ['transactions', view.transactions], ['header', view.header],
      ['nonce at', `byte ${view.nonceOffset}, u64, least significant byte first`]
    ]))
  }).option('--miner <key>', 'Ed25519 key named as miner; default the node\'s').option('--gpu-mined, --ai-mined', 'mark the block as mined by AI work')
  daemonCommand(block, cli, 'submit <template> <nonce>', 'a nonce that puts the SHA3-256 of the header at or below the target', async (api, [template = '', nonce]) => {
    const view = await api.blockSubmit({ template: hexArgument(template), nonce: u64Argument('nonce', nonce) })
    await cli.out.data(view, () => `block ${view.height} ${view.hash} ${view.status}`)
  })
  const tx = parent.command('tx').description('transactions')
  daemonCommand(tx, cli, 'send [text]', 'sign a transaction and send it; the text is its body', async (api, [text], flags) => {
    const sent = await api.txSend(sendParams(text, flags), { signal: cli.signal })
    await cli.out.data(sent, () => `sent ${sent.id}\n${facts([['sender', sent.sender], ['nonce', sent.nonce]])}`)
  })
    .option('--body-hex <hex>', 'body in hex instead of text').option('--fee <n>', 'fee in base units', '0')
    .addOption(new Option('--priority <level>', 'priority').choices(PRIORITIES).default('normal'))
    .addOption(new Option('--privacy <level>', 'privacy').choices(PRIVACY).default('low'))
    .option('--energy <n>', 'energy in whole units', '0').option('--nonce <n>', 'default: the next of the sender')
    .option('--key <file>', 'key file of the sender; default the node\'s own').option('--raw <hex>', 'a signed transaction, as it is')
  daemonCommand(tx, cli, 'proof <id>', 'proves that a transaction is in a block: a light node asks two full ones and checks', async (api, [id = '']) => {
    const view = await api.txProof({ id: hexArgument(id) }, { signal: cli.signal })
    await cli.out.data(view, () => facts([
      ['id', view.id], ['block', `${view.block.hash} at height ${view.block.height}, index ${view.block.index}`], ['confirmations', view.confirmations], ['merged', view.merged ? 'yes: another transaction of this nonce may stand before it' : undefined],
      ['sender', view.sender], ['nonce', view.nonce], ['fee', view.fee], ['asked', view.asked.length === 0 ? 'nobody: this node holds the block' : `${view.asked.length} peers, ${view.agreed.length} proved it`], ...view.liars.map(liar => ['forged by', liar] as const)
    ]))
  })
  daemonCommand(tx, cli, 'get <id>', 'a transaction from the chain or the pool', async (api, [id = '']) => {
    const view = await api.txGet({ id: hexArgument(id) })
    await cli.out.data(view, () => facts([
      ['id', view.id], ['block', view.block === undefined ? 'none yet: it waits in the pool' : `${view.block.hash} at height ${view.block.height}, index ${view.block.index}`],
      ['sender', view.sender], ['nonce', view.nonce], ['fee', view.fee], ['energy', view.energyUsed],
      ['priority', PRIORITIES[view.priority]], ['privacy', PRIVACY[view.privacyLevel]], ['body', view.body], ['text', asText(view.body)]
    ]))
  })
}

async function blockGet (cli: Cli, api: AdminApi, name: string | undefined, flags: Flags): Promise<void> {
  const given = [name, flags['hash'], flags['height']].filter(value => value !== undefined)
  if (given.length > 1) throw new TosError('USAGE', 'name one block only')
  const text = given[0] === undefined ? (await api.blockTips())[0]?.hash ?? '0' : hexArgument(String(given[0]))
  const isHeight = flags['height'] !== undefined || (flags['hash'] === undefined && /^\d{1,15}$/.test(text))
  if (isHeight ? !/^\d{1,15}$/.test(text) : !/^[0-9a-f]{64}$/i.test(text)) throw new TosError('USAGE', `${text} is neither a block hash (64 hex digits) nor a height`)
  const view = await api.blockGet({ ...(isHeight ? { height: Number(text) } : { hash: text.toLowerCase() }), ...(flags['full'] === true ? { full: true } : {}) })
  await cli.out.data(view, () => renderBlock(view))
}

function renderBlock (view: BlockView): string {
  return facts([
    ['hash', view.hash], ['height', view.height], ['time', new Date(view.timestamp).toISOString()], ['difficulty', view.difficulty], ['nonce', view.nonce], ['ai mined', view.aiMined ? 'yes' : 'no'],
    ['miner', view.miner], ['tx root', view.txRoot], ['bytes', view.bytes], ...view.parents.map(parent => ['parent', parent] as const),
    ['transactions', view.transactions.length], ...view.transactions.map(id => ['', id] as const), ['header', view.raw?.header]
  ])
}

function sendParams (text: string | undefined, flags: Flags): SendParams {
  const { raw, bodyHex, nonce, key } = flags
  if (typeof raw === 'string') return { raw: hexArgument(raw) }
  if (text !== undefined && bodyHex !== undefined) throw new TosError('USAGE', 'give the body as text or as --body-hex, not both')
  return {
    body: typeof bodyHex === 'string' ? hexArgument(bodyHex) : Buffer.from(text ?? '', 'utf8').toString('hex'),
    fee: u64Argument('--fee', flags['fee']),
    priority: PRIORITIES.indexOf(String(flags['priority'])),
    privacyLevel: PRIVACY.indexOf(String(flags['privacy'])),
    energyUsed: u64Argument('--energy', flags['energy']),
    ...(nonce === undefined ? {} : { nonce: u64Argument('--nonce', nonce) }),
    ...(typeof key === 'string' ? { keyFile: resolve(key) } : {})
  }
}

/** The body as text when it is UTF-8 that a person can read. */
function asText (hex: string): string | undefined {
  const bytes = Buffer.from(hex, 'hex')
  const text = bytes.toString('utf8')
  return /^[^\p{Cc}\p{Cf}\p{Co}\p{Cn}\ufffd]+$/u.test(text) && Buffer.from(text, 'utf8').equals(bytes) ? text : undefined
}
