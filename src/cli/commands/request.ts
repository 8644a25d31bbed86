import { TosError } from '../../errors/index.ts'
import type { CommandModule } from '../cli.ts'
import { daemonCommand } from '../cli.ts'
import { prettyJson } from '../pretty-json.ts'

/** `tosd request`: ask a peer over any mounted protocol; one line per response. */
export const requestCommand: CommandModule = (parent, cli) => {
  daemonCommand(parent, cli, 'request <protocol> <peer> [json]', 'ask a peer over a mounted protocol, named by id or by the name it is mounted under', async (api, [protocol = '', peer = '', json = '{}'], flags) => {
    const { parseDuration } = await import('../../config/index.ts')
    const timeoutMs = flags['timeout'] === undefined ? undefined : parseDuration(String(flags['timeout']))
    if (flags['timeout'] !== undefined && timeoutMs === undefined) throw new TosError('USAGE', '--timeout is a time such as 5s')
    const params = { protocol, peer, body: parse(json), ...(timeoutMs === undefined ? {} : { timeoutMs }) }
    for await (const item of api.request(params, { signal: cli.signal })) await cli.out.data(item, () => prettyJson(item))
  }).option('--timeout <time>', 'longest wait; default that of the protocol')
}

function parse (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new TosError('USAGE', 'the request is not JSON', { cause: error })
  }
}
