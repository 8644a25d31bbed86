import { join } from 'node:path'
import { difficultyOf } from '../chain/block/genesis.ts'
import { socketPath } from './socket-path.ts'
import { addresses, choice, duration, integer, list, path, secret, size, text, toggle } from './row.ts'
import type { ValueOf } from './row.ts'

/** TCP port of the specification; web sockets listen one above. */
export const DEFAULT_PORT = 2080
/** Where the two public DHT entry points of the specification listen. */
const DHT_PORT = 6881
const SEEDS: Readonly<Record<string, readonly string[]>> = {
  mainnet: ['seed1', 'seed2', 'seed3', 'seed4', 'seed5'],
  testnet: ['testseed1', 'testseed2']
}

function bootstrapOf (network: string): string[] {
  if (network === 'devnet') return [`/ip4/127.0.0.1/tcp/${DEFAULT_PORT}`]
  return (SEEDS[network] ?? []).map(name => `/dns/${name}.tos.network/tcp/${DEFAULT_PORT}`)
}

/** True for the networks of the specification, which anyone can join over the internet and which have seeds. */
export const isSeeded = (network: string): boolean => SEEDS[network] !== undefined

/**
 * Every option of the node, once: type, default, unit and documentation. Types, TOML keys, environment names, flags and
 * `tosd config schema` all follow from here. A default may look at rows above its own only (`Facts`).
 */
export const OPTIONS = {
  network: text({ default: 'mainnet', words: ['mainnet', 'testnet', 'devnet'], pattern: /^[a-z0-9-]{1,32}$/, what: 'mainnet, testnet, devnet or a private name of [a-z0-9-]{1,32}', doc: 'The network to join; it is part of every protocol id.' }),
  profile: choice({ choices: ['default', 'tos-spec'], default: 'default', doc: 'How strict the node is: tos-spec follows the specification to the letter, where a damaged frame closes the connection at once.' }),
  preset: choice({ choices: ['full', 'light', 'mining', 'validator'], aliases: { 'ai-mining': 'mining', 'gpu-mining': 'mining' }, default: 'full', doc: 'Role of the node. light keeps headers only (nodeType) and only asks the DHT, all others serve it; mining turns mine on except on public networks; validator is like full until votes are built.' }),
  nodeType: choice({ choices: ['full', 'light'], default: ({ preset }) => preset === 'light' ? 'light' : 'full', doc: 'What the node keeps: full all blocks; light headers only, about 150 bytes a block, and it asks full nodes for proofs of transactions.' }),
  dataDir: path({ default: ({ home, xdgDataHome, network }) => xdgDataHome === '' ? join(home, '.tosd', network) : join(xdgDataHome, 'tosd', network), doc: 'Identity, chain and peer store of one node.' }),
  keyPassphrase: secret({ default: '', doc: 'Passphrase of the key file; the environment is the only place for it. Empty: the key file is not encrypted.' }),
  passphraseFile: path({ default: '', doc: 'File that holds the passphrase of the key file, mode 0600; a new key is then encrypted with it.' }),
  listen: addresses({
    default: ({ network }) => network === 'devnet' ? ['/ip4/127.0.0.1/tcp/0'] : [`/ip4/0.0.0.0/tcp/${DEFAULT_PORT}`, `/ip4/0.0.0.0/tcp/${DEFAULT_PORT + 1}/ws`],
    doc: 'Addresses to listen on; port 0 lets the system choose.'
  }),
  announce: addresses({ default: [], doc: 'Addresses to tell others instead of those listened on.' }),
  bootstrap: addresses({ default: ({ network }) => bootstrapOf(network), doc: 'Peers to dial first.' }),
  dnsSeeds: list({ item: 'DNS name', default: ({ network }) => isSeeded(network) ? ['peers', 'nodes'].map(name => `${name}.${network}.tos.network`) : [], doc: 'Names whose TXT records list peers, asked when the address book does not suffice; <key>@name takes signed records only.' }),
  dnsServers: list({ item: 'ip or ip:port', default: [], doc: 'DNS servers to ask for dnsSeeds; empty: those of the machine.' }),
  dhtBootstrap: addresses({ default: ({ network }) => isSeeded(network) ? ['dht1', 'dht2'].map(name => `/dns/${name}.tos.network/tcp/${DHT_PORT}`) : [], doc: 'Entry points of the DHT, dialled like bootstrap peers.' }),
  mdns: toggle({ default: ({ network }) => network !== 'mainnet', doc: 'Find peers on the local network by multicast DNS.', off: 'Do not look for peers on the local network.' }),
  upnp: toggle({ default: false, doc: 'Ask the router for a port mapping (UPnP). The address counts once a peer has reached it: use it with autonat.', off: 'Ask no router.' }),
  relay: toggle({ default: false, doc: 'Dial peers through relays, and be dialled: also listen on /p2p-circuit, or on <relay>/p2p-circuit. Relayed connections carry PING, PEER_EXCHANGE and GOODBYE only.', off: 'Use no relay.' }),
  relayServer: toggle({ default: false, doc: 'Relay for others: 15 peers, 128 KiB and 2 minutes a connection. Needs an address that others reach.', off: 'Relay for nobody.' }),
  dcutr: toggle({ default: true, doc: 'Replace relayed connections by direct ones where both routers let it happen; acts with relay only.', off: 'Leave relayed connections as they are.' }),
  autonat: toggle({ default: ({ network }) => network === 'mainnet' || network === 'testnet', doc: 'Have peers dial our addresses back, and dial theirs: a public address is told to others only once somebody reached it. The verdict stands in tosd doctor.', off: 'Do not have addresses checked.' }),
  quic: toggle({ default: false, doc: 'Also dial and listen on /udp/…/quic-v1: quicker to connect than TCP, slower in bulk.', off: 'Do not use QUIC.' }),
  webrtc: toggle({ default: false, doc: 'Also dial and listen on /udp/…/webrtc-direct, which browsers dial without a certificate; needs the package @libp2p/webrtc.', off: 'Do not use WebRTC.' }),
  security: list({ item: 'noise or tls', pattern: /^(?:noise|tls)$/, default: ['noise', 'tls'], doc: 'Encryption offered on TCP and web sockets, the preferred one first; QUIC and WebRTC bring their own.' }),
  psk: path({ default: '', doc: 'File with the key of a private network (/key/swarm/psk/1.0.0/), mode 0600: who lacks the key cannot connect. TCP and web sockets only.' }),
  kadProtocol: text({ default: ({ network }) => `/tos/${network}/kad/1.0.0`, pattern: /^\/[!-~]{1,127}$/, what: 'a protocol id of at most 128 visible characters', doc: 'Protocol id of the DHT; another one joins another DHT, e.g. /ipfs/kad/1.0.0.' }),
  topic: list({ item: 'topic', pattern: /^[!-~]{1,128}$/, default: [], doc: 'Further gossip topics to subscribe to and relay, whatever they carry (unsigned messages; size and rate are limited).' }),
  plain: toggle({ default: false, doc: 'Offer the plain twins of all protocols beside the sealed ones (research, byte-level interop).', off: 'Offer sealed protocols only, whatever the file or the environment says.' }),
  whitelist: list({ item: 'peer id or address range', pattern: /^(?:[1-9A-HJ-NP-Za-z]{46,64}|[\da-fA-F.:]+(?:\/\d{1,3})?)$/, default: [], doc: 'Peers and address ranges that no quota and no ban of an address applies to; invalid data still counts.' }),
  protocol: list({ item: 'path', default: [], doc: 'Files (.ts or .js) whose exported protocols are mounted beside the built-in ones.' }),
  coverTraffic: choice({ choices: ['off', 'light', 'strong'], default: 'off', doc: 'Cells of 1,024 bytes to peers that may be stems, so that a transaction with privacy level high cannot be told from nothing: light one each 20 s per peer, about 44 MB a day with ten; strong one each 2 s, and transactions wait for them.' }),
  mine: toggle({ default: ({ preset, network }) => preset === 'mining' && !isSeeded(network), doc: 'Mine blocks of the reference ledger.', off: 'Do not mine, whatever the file or the environment says.' }),
  mineIntervalMs: duration({ default: 3000, doc: 'Pause between two blocks mined here; 0 mines without a pause.' }),
  minerKey: path({ default: '', doc: 'Key file named as miner of our blocks; empty: the node\'s identity.' }),
  difficulty: integer({ default: ({ network }) => Number(difficultyOf(network)), min: 1, doc: 'Constant difficulty of the reference ledger; only private networks may set it.' }),
  userAgent: text({ default: ({ version }) => `tos-p2p/${version}`, pattern: /^[^\p{Cc}\p{Cs}]*$/u, maxBytes: 256, what: 'well-formed text of at most 256 bytes without control characters', doc: 'Name the node gives itself in PING.' }),
  adminSocket: path({ default: ({ dataDir, socketDir }) => socketPath(dataDir, socketDir), doc: 'Unix socket the command line talks to (mode 0600).' }),
  stopDeadlineMs: duration({ default: 10_000, doc: 'Longest graceful stop; what is then open is named and left.' }),

  'peers.max': integer({ default: 50, min: 1, max: 10_000, doc: 'Most peers at a time, static ones not counted; 30 % are kept for outbound ones. A further inbound peer takes the place of the least useful one, or is refused.' }),
  'peers.target': integer({ default: ({ maxPeers }) => Math.min(25, maxPeers), doc: 'How many peers the node keeps.' }),
  'peers.static': addresses({ default: [], doc: 'Peers to keep connected whatever the counts; never pruned.' }),
  'peers.min': integer({ default: ({ maxPeers }) => Math.min(8, maxPeers), doc: 'Below this many peers the node hurries: more dials at a time, and sources asked more often.' }),
  'peers.staleTipMs': duration({ default: 60_000, min: 1, doc: 'After this long without a new block of others the node looks for one more outbound peer; 12 times the pause between blocks.' }),
  'peers.pingIntervalMs': duration({ default: 60_000, min: 1000, doc: 'Pause between two pings of a connected peer; one that leaves three in a row unanswered is parted with.' }),

  'limits.upgradeTimeoutMs': duration({ default: 3000, min: 1, doc: 'Time for a new inbound connection to agree on noise and yamux; dials have the dial time-out.' }),
  'limits.negotiationTimeoutMs': duration({ default: 3000, min: 1, doc: 'Time for a new stream to agree on its protocol.' }),
  'limits.dialTimeoutMs': duration({ default: 10_000, min: 1, doc: 'Time for one dial over all addresses of a peer.' }),
  'limits.parallelDials': integer({ default: 8, min: 1, doc: 'Dials in progress at a time.' }),
  'limits.maxPendingInbound': integer({ default: 1024, min: 1, doc: 'Inbound connections that are not upgraded yet.' }),
  'limits.maxPendingPerIp': integer({ default: 5, min: 1, doc: 'The same from one IPv4 address or IPv6 /64.' }),
  'limits.maxInboundPerIp': integer({ default: ({ profile }) => profile === 'tos-spec' ? 8 : 3, min: 1, doc: 'Inbound connections from one IPv4 address or IPv6 /64. Whitelisted ranges are not counted, nor are local addresses on private networks.' }),
  'limits.streamsPerProtocol': integer({ default: 4, min: 1, doc: 'Inbound streams of one protocol on one connection.' }),
  'limits.yamuxStreams': integer({ default: 64, min: 1, doc: 'Streams of one connection, all protocols together.' }),
  'limits.yamuxWindowBytes': size({ default: 1024 * 1024, min: 256 * 1024, doc: 'Receive window of one stream.' }),
  'limits.readBufferBytes': size({ default: 8 * 1024 ** 2, min: 64 * 1024, doc: 'Bytes a paused stream may hold before it is reset; above the window.' }),
  'limits.writeBufferBytes': size({ default: 16 * 1024 ** 2, min: 64 * 1024, doc: 'Bytes that may wait for a slow reader before the stream is reset.' }),
  'limits.firstHeaderTimeoutMs': duration({ default: 5000, min: 1, doc: 'Time for the first frame header on a new inbound stream.' }),
  'limits.frameTimeoutMs': duration({ default: 60_000, min: 1, doc: 'Time for a frame once its header is there.' }),
  'limits.minBytesPerSecond': integer({ default: 1024, doc: 'Slowest allowed arrival of a started frame, in bytes a second.' }),

  'log.level': choice({ choices: ['trace', 'debug', 'info', 'warn', 'error', 'silent'], default: 'info', doc: 'Least level that is logged.' }),
  'log.format': choice({ choices: ['auto', 'pretty', 'json'], default: 'auto', doc: 'auto: pretty on a terminal, else one JSON object a line.' }),
  'log.components': list({ item: 'component=level', pattern: /^[\w:.*-]+=(?:trace|debug|info|warn|error|silent)$/, default: [], doc: 'Levels of single components, e.g. libp2p:tcp=debug; the longest match wins.' })
} as const

/** Key path of an option, as TOML writes it. */
export type OptionKey = keyof typeof OPTIONS

type Head<K extends string> = K extends `${infer H}.${string}` ? H : K
type Nest<T> = {
  readonly [K in keyof T & string as Head<K>]: K extends `${string}.${string}`
    ? Nest<{ [P in keyof T & string as P extends `${Head<K>}.${infer Rest}` ? Rest : never]: T[P] }>
    : T[K]
}

/** The whole configuration, typed by the table: `config.peers.max`, `config.limits.dialTimeoutMs`. */
export type Config = Nest<{ [K in OptionKey]: ValueOf<(typeof OPTIONS)[K]> }>

/** What a caller may give `createTosNode`: any part of the configuration. */
export type PartialConfig = { readonly [K in keyof Config]?: Config[K] extends readonly unknown[] | string | number | boolean ? Config[K] : Partial<Config[K]> }
