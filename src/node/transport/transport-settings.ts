/** Every limit of the transport, with its default. Sources: SECURITY notes of `README.md` here; sizes in bytes, times in ms. */
export interface TransportLimits {
  /** Connections of both directions; further inbound ones are refused, outbound ones prune the peer with the lowest tags. */
  readonly maxConnections: number
  /** Inbound connections whose handshake is not done. The library's 10 lock everyone out with 10 silent sockets. */
  readonly maxPendingInbound: number
  /** The same per IPv4 address or IPv6 /64. */
  readonly maxPendingInboundPerIp: number
  /** From accepted socket to authenticated, multiplexed connection. */
  readonly upgradeTimeoutMs: number
  /** From an opened stream to its agreed protocol. */
  readonly negotiationTimeoutMs: number
  readonly dialTimeoutMs: number
  readonly maxParallelDials: number
  readonly maxDialQueue: number
  readonly maxAddressesPerDial: number
  /** Streams per connection and direction, all protocols together. */
  readonly maxStreams: number
  /** Unread bytes a stream may be owed: bounds a paused reader, and how long one stream may hold up the others. */
  readonly streamWindowBytes: number
  /** Received and unread; above this the stream is reset. Stays above the window, so only a peer that cheats gets there. */
  readonly streamReadBufferBytes: number
  /** Written and unsent; above this the stream is reset. */
  readonly streamWriteBufferBytes: number
  /** Bytes the operating system's queue may lag behind before writers are told to wait. */
  readonly socketBufferBytes: number
  /** Streams of libp2p's own ping, both directions: our ping and the monitor's must not meet in one slot. */
  readonly pingStreams: number
  readonly identifyMessageBytes: number
}

export const TRANSPORT_LIMITS: TransportLimits = {
  maxConnections: 100,
  maxPendingInbound: 1_024,
  maxPendingInboundPerIp: 5,
  upgradeTimeoutMs: 3_000,
  negotiationTimeoutMs: 3_000,
  dialTimeoutMs: 10_000,
  maxParallelDials: 8,
  maxDialQueue: 500,
  maxAddressesPerDial: 8,
  maxStreams: 64,
  streamWindowBytes: 1024 * 1024,
  streamReadBufferBytes: 8 * 1024 * 1024,
  streamWriteBufferBytes: 16 * 1024 * 1024,
  socketBufferBytes: 1024 * 1024,
  pingStreams: 8,
  identifyMessageBytes: 8_192
}
