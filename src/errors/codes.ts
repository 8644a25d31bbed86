/**
 * Every coded failure of the project in one table: what to do about it, and the process exit code when it ends a command.
 * The code is at once the metric label, the log field and the key of the error page.
 */
export interface ErrorEntry {
  /** One sentence that tells the reader what to do next. */
  readonly hint: string
  /** Exit code of a command that ends with this error; 1 unless another is named (see `EXIT`). */
  readonly exit?: number
}

/** Process exit codes (sysexits where one fits). */
export const EXIT = { ok: 0, failed: 1, usage: 2, unreachable: 69, timedOut: 75, config: 78 } as const

const table = {
  // wire: what a payload may look like
  TRUNCATED: { hint: 'the bytes end before the value does; check that the whole payload was passed' },
  TRAILING_BYTES: { hint: 'bytes are left over after the value; the sender uses another version of the message' },
  LENGTH_LIMIT: { hint: 'a length field exceeds the limit of its field; see protocols/README.md for the limits' },
  INVALID_VALUE: { hint: 'a field holds a value outside its range; see protocols/README.md for the ranges' },
  INVALID_UTF8: { hint: 'a string is not strict UTF-8 or holds control characters' },
  // frame: what a frame may look like
  WRONG_MAGIC: { hint: 'the stream does not begin with "TOSN": the peer speaks another protocol on this id' },
  INCOMPATIBLE_VERSION: { hint: 'the peer speaks another header version; update the older of the two nodes' },
  CORRUPT_MESSAGE: { hint: 'the checksum does not match the payload; the frame was damaged or forged' },
  MESSAGE_TOO_LARGE: { hint: 'the payload exceeds the cap of its type; split the request or raise the cap in the definition' },
  MESSAGE_TOO_SMALL: { hint: 'the payload is shorter than its type can be' },
  UNKNOWN_TYPE: { hint: 'this protocol does not carry that message type' },
  INVALID_MESSAGE: { hint: 'the message breaks a rule of its protocol; see protocols/README.md' },
  TAG_MISMATCH: { hint: 'the variant tag in the payload and the type in the header disagree' },
  CLOCK_SKEW: { hint: 'the frame time is more than 300 s off; check the clocks of both machines (NTP)' },
  WRONG_NODE_ID: { hint: 'the node_id in the header is not the key that authenticated the connection' },
  // kernel: requests, limits, mounting
  RATE_LIMITED: { hint: 'wait before the next request; the limit stands in the protocol definition' },
  BUSY: { hint: 'the queue is full; retry later or ask another peer' },
  TIMEOUT: { hint: 'no answer in time; raise timeoutMs or ask another peer', exit: EXIT.timedOut },
  ABORTED: { hint: 'the caller cancelled the operation' },
  UNAVAILABLE: { hint: 'the peer cannot answer this now; ask another peer' },
  NOT_AUTHORISED: { hint: 'the peer does not serve this to you' },
  REMOTE_ERROR: { hint: 'the peer answered with an error; details.remote holds its code' },
  UNREQUESTED: { hint: 'the peer answered a request that is not outstanding' },
  SLOW_STREAM: { hint: 'a started frame must arrive at 1 KiB/s or more and within 60 s' },
  STREAM_CLOSED: { hint: 'the stream ended before the answer; the peer may be restarting' },
  PEER_UNREACHABLE: { hint: 'check the address, and that the peer runs and listens there' },
  RELAYED_ONLY: { hint: 'the peer is reached through a relay, which carries few bytes; wait for a direct connection (--dcutr), or set overRelay in the definition of a small protocol' },
  PROTOCOL_UNSUPPORTED: { hint: 'the peer does not offer this protocol; `tosd show` lists what it offers' },
  NO_NODE_ID: { hint: 'only Ed25519 identities have a TOS node id; RSA and secp256k1 peers may use DHT and gossip' },
  DUPLICATE_PROTOCOL: { hint: 'two definitions share an id; rename one of them' },
  DUPLICATE_CODE: { hint: 'two definitions share a message code below 0x8000; third parties use 0x8000..0xFFFF' },
  INVALID_DEFINITION: { hint: 'the protocol definition is malformed; see the "Adding a protocol" part of the README' },
  MISSING_DEPENDENCY: { hint: 'mount the named service beside this one' },
  HANDLER_FAILED: { hint: 'the handler threw; details.cause names the reason' },
  NOT_STARTED: { hint: 'start the node first' },
  NODE_STOPPED: { hint: 'create a new node: a stopped one has given back its store and its data directory' },
  // secure: sessions, signatures and keys
  NO_SESSION: { hint: 'the peer has no TOS session with us: it is a plain libp2p node, or the handshake failed; `tosd peers ls -v` shows which' },
  HANDSHAKE_FAILED: { hint: 'the peer sent a handshake message that cannot be right; both nodes need the same version and network' },
  HANDSHAKE_TIMEOUT: { hint: 'the peer did not finish the session handshake within 5 s; it may be overloaded' },
  SIGNATURE_INVALID: { hint: 'the signature does not fit the key and the message; the message was changed or forged' },
  SEAL_BROKEN: { hint: 'a sealed frame failed authentication: it was changed on the way or does not belong to this session; the connection is closed' },
  FRAME_REPLAYED: { hint: 'a sealed frame is out of order, repeated or of a stream number already used; the connection is closed' },
  SESSION_EXHAUSTED: { hint: 'the session has no epochs, stream numbers or counters left; connect again' },
  CHAIN_ID_MISMATCH: { hint: 'the peer runs another network; check --network on both nodes' },
  DUPLICATE_NODE_ID: { hint: 'the peer claims our own node id: the same key runs on two machines; make a new one with `tosd key gen`' },
  ROTATION_INVALID: { hint: 'the rotation record breaks a rule, details.rule names it; ask its author for the record again' },
  // peers: scores and bans
  CONNECTION_LIMIT: { hint: 'too many connections come from this address range; details.prefix names it, a whitelist lifts the limit' },
  DUPLICATE_CONNECTION: { hint: 'two connections between the same peers: both sides keep the one that the smaller node id dialled' },
  BANNED: { hint: 'the peer or its address is banned here; `tosd bans ls` shows why and until when, `tosd bans rm` ends it' },
  PEER_FILE_INVALID: { hint: 'the file of scores or bans is damaged or of a newer tosd; it was kept aside and an empty one begun, add bans of your own again' },
  // discovery: where peers are looked for
  SEED_CHANGED: { hint: 'the seed answers with another key than before; ask its operator, then name the new one in its address with /p2p/<id>' },
  SEED_PIN_MISMATCH: { hint: 'whoever answers at this address does not hold the key named in it; correct the id in --bootstrap, or distrust the path to the seed' },
  DNS_LOOKUP_FAILED: { hint: 'the name could not be looked up, details.reason says why; check the name and the resolver of this machine' },
  DNS_NO_RECORDS: { hint: 'the name answers, but none of its TXT records can be used; details.refused counts why' },
  DHT_WALK_FAILED: { hint: 'the DHT answered nothing; it needs at least one connected peer that serves it, `tosd dht table` lists them' },
  RECORD_UNSIGNED: { hint: 'a key is configured for this DNS seed, so its records must be signed with it' },
  RECORD_EXPIRED: { hint: 'the signed record is past its expiry; the operator of the seed must sign it again' },
  ADDRESS_NOT_PUBLIC: { hint: 'on a public network only addresses that are routable on the internet are taken from others' },
  ADDRESS_UNUSABLE: { hint: 'only /ip4 and /ip6 addresses with tcp, ws, wss or quic-v1 can be dialled from a record' },
  // address book
  ADDRESS_STALE: { hint: 'the address was last seen more than 30 days ago, or in the future; check the clocks of both machines (NTP)' },
  BOOK_FULL: { hint: 'the place of the address in the tables belongs to another; entries go when they fail' },
  BOOK_DAMAGED: { hint: 'the address book cannot be read, details.reason says where; the node begins a new one and asks its seeds' },
  BOOK_NOT_SAVED: { hint: 'the address book could not be written; check space and permissions of the data directory' },
  // chain
  INVALID_BLOCK: { hint: 'the block breaks a consensus rule; details.rule names it' },
  INVALID_TRANSACTION: { hint: 'the transaction breaks a rule; details.rule names it' },
  UNKNOWN_PARENT: { hint: 'a parent of the block is not held; fetch it first' },
  BLOCK_NOT_FOUND: { hint: 'no such block here; `tosd block tips` shows what is held' },
  BLOCK_PRUNED: { hint: 'the body of this block was pruned, its header is held; ask a node that is not LIMITED' },
  REORG_TOO_DEEP: { hint: 'another branch is heavier, but would replace more than 128 blocks; it is taken once it is twice as heavy. Compare `tosd block tips` with other nodes' },
  TX_NOT_FOUND: { hint: 'no such transaction in the chain or the pool' },
  PROOF_FORGED: { hint: 'a peer sent a transaction or a Merkle proof that does not hold; ask another full node' },
  TIP_WITHHELD: { hint: 'a peer keeps back blocks that others show; it may be cut off, or lie to light nodes. Connect to more full nodes' },
  CHAIN_WEAKER: { hint: 'a peer stays on a branch with less work than the best chain; compare `tosd block tips` there' },
  ANNOUNCED_NOTHING: { hint: 'more than half of the last 200 transactions the peer announced could not be had from anybody' },
  INVALID_SHARE: { hint: 'the mining share breaks a rule; details.rule names it' },
  STALE_TEMPLATE: { hint: 'the tip has moved since, or the template is too old to be kept; take a new one with `tosd block template`' },
  MEMPOOL_FULL: { hint: 'the pool is full of better-paid transactions; raise the fee' },
  GENESIS_MISMATCH: { hint: 'the data or the peer belongs to another network; check --network' },
  STORE_CORRUPT: { hint: 'the block log is damaged; `tosd chain export` what is left, or delete the data directory and sync again' },
  STORE_READ_ONLY: { hint: 'the disk refused a write; free space or check it, writing resumes by itself' },
  STORE_CLOSED: { hint: 'the store is not open' },
  CHAIN_FILE_INVALID: { hint: 'the file is not a TOS chain file, or it is damaged; export it again' },
  // node, data directory, configuration, command line
  DATA_DIR_LOCKED: { hint: 'another tosd uses this data directory; stop it or choose another --data-dir', exit: EXIT.config },
  DATA_DIR_NEWER: { hint: 'the data directory was written by a newer tosd; update this one', exit: EXIT.config },
  DATA_DIR_FOREIGN: { hint: 'the directory holds something else; choose an empty --data-dir', exit: EXIT.config },
  DATA_DIR_UNREADABLE: { hint: 'check owner and permissions of the data directory', exit: EXIT.config },
  KEY_UNREADABLE: { hint: 'the key file must be readable by you alone (chmod 600) and hold an Ed25519 key', exit: EXIT.config },
  KEY_LOCKED: { hint: 'the key file is encrypted; give its passphrase with TOSD_KEY_PASSPHRASE or --passphrase-file', exit: EXIT.config },
  KEY_EXISTS: { hint: 'a key is there already; move it away first, it cannot be recovered', exit: EXIT.config },
  LISTEN_FAILED: { hint: 'the address is in use or not yours; choose another --listen', exit: EXIT.config },
  QUIC_UNAVAILABLE: { hint: 'there is no QUIC library for this platform; start without --quic, TCP stays', exit: EXIT.config },
  WEBRTC_UNAVAILABLE: { hint: 'run `npm i @libp2p/webrtc` beside tosd; where its native part has no build for the platform, start without --webrtc', exit: EXIT.config },
  PSK_INVALID: { hint: 'the file of --psk has three lines: /key/swarm/psk/1.0.0/, /base16/ and 64 hex digits, and is readable by you alone (chmod 600)', exit: EXIT.config },
  CONFIG_INVALID: { hint: 'run `tosd config validate` to see every problem with its origin', exit: EXIT.config },
  USAGE: { hint: 'run `tosd --help`', exit: EXIT.usage },
  DAEMON_UNREACHABLE: { hint: 'start the node first: `tosd start`, or name its --data-dir', exit: EXIT.unreachable },
  PROTOCOL_FILE_INVALID: { hint: 'the file is there, but it does not load: correct what the cause names, then run it with `node FILE` to see more' },
  REDIS_UNREACHABLE: { hint: 'REDIS_ADDR names host:port of the Redis server through which both sides of the test find each other' },
  FILE_UNREADABLE: { hint: 'check the path and its permissions' },
  STOP_TIMEOUT: { hint: 'a part of the node did not stop in time; details.open names it' },
  INTERNAL: { hint: 'this is a bug; please report it with the output of --json' }
} satisfies Record<string, ErrorEntry>

/** A code of the catalogue. */
export type TosErrorCode = keyof typeof table

/** The catalogue: code to hint and exit code. */
export const ERROR_CODES: Readonly<Record<TosErrorCode, ErrorEntry>> = table
