import { difficultyOf } from '../chain/block/genesis.ts'
import { toTosError } from '../errors/index.ts'
import type { Config, OptionKey } from './options.ts'
import type { Problem } from './source.ts'

/** Peers take at most 32 subscriptions in one message, our own topics among them. */
const MAX_TOPICS = 16

type Rule = readonly [keys: readonly [OptionKey, ...OptionKey[]], check: (config: Config) => string | undefined]

/** What no single option can tell: how they fit together. The first key is the one reported. */
const RULES: readonly Rule[] = [
  [['peers.min', 'peers.max'], ({ peers }) => peers.min <= peers.max ? undefined : `is ${peers.min}, above peers.max ${peers.max}`],
  [['peers.target', 'peers.max'], ({ peers }) => peers.target <= peers.max ? undefined : `is ${peers.target}, above peers.max ${peers.max}`],
  [['mine', 'nodeType'], ({ mine, nodeType }) => mine && nodeType === 'light' ? 'needs a full node, and nodeType is light' : undefined],
  [['difficulty', 'network'], ({ network, difficulty }) => refusal(() => difficultyOf(network, BigInt(difficulty)))],
  [['limits.readBufferBytes', 'limits.yamuxWindowBytes'], ({ limits }) => limits.readBufferBytes >= limits.yamuxWindowBytes ? undefined : `is below limits.yamuxWindowBytes ${limits.yamuxWindowBytes}: a paused stream would be reset`],
  [['listen', 'quic'], ({ listen, quic }) => quic || !listen.some(address => address.includes('/quic-v1')) ? undefined : 'holds a /quic-v1 address, and quic is off'],
  [['listen', 'webrtc'], ({ listen, webrtc }) => webrtc || !listen.some(address => address.includes('/webrtc-direct')) ? undefined : 'holds a /webrtc-direct address, and webrtc is off'],
  [['psk', 'quic'], ({ psk, quic }) => psk === '' || !quic ? undefined : 'is a private network, and quic would go past its key'],
  [['psk', 'webrtc'], ({ psk, webrtc }) => psk === '' || !webrtc ? undefined : 'is a private network, and webrtc would go past its key'],
  [['topic'], ({ topic }) => new Set(topic).size === topic.length && topic.length <= MAX_TOPICS ? undefined : `must be at most ${MAX_TOPICS} topics, each once`],
  [['security'], ({ security }) => new Set(security).size === security.length && security.length > 0 ? undefined : 'must name noise or tls, each once'],
  [['listen', 'relay'], ({ listen, relay }) => relay || !listen.some(address => address.endsWith('/p2p-circuit')) ? undefined : 'holds a /p2p-circuit address, and relay is off'],
  [['passphraseFile', 'keyPassphrase'], ({ passphraseFile, keyPassphrase }) => passphraseFile === '' || keyPassphrase === '' ? undefined : 'and the environment both give a passphrase: keep one']
]

/** Every broken rule, with the origin of the value it names. Rules over an option in `invalid` are left out: its value is not what was given. */
export function checkRules (config: Config, origins: Readonly<Record<OptionKey, string>>, invalid: ReadonlySet<string>): Problem[] {
  return RULES.flatMap(([keys, check]) => {
    const message = keys.some(key => invalid.has(key)) ? undefined : check(config)
    return message === undefined ? [] : [{ key: keys[0], origin: origins[keys[0]], message }]
  })
}

function refusal (check: () => unknown): string | undefined {
  try {
    check()
    return undefined
  } catch (error) {
    return `is refused: ${toTosError(error).message}`
  }
}
