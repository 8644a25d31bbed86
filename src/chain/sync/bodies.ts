import { BLOCK_LIMITS, DETAIL, blockBytes } from '../../../protocols/index.ts'
import type { BlockAnswer, BlockData } from '../../../protocols/index.ts'
import { TosError, toTosError } from '../../errors/index.ts'
import { isSpoilt } from '../blame.ts'
import type { BlockClient } from '../clients.ts'
import type { Clock } from '../clock.ts'
import type { Ledger } from '../ledger.ts'
import { readBodies } from './body-answer.ts'
import type { Link } from './headers.ts'
import { createSchedule } from './schedule.ts'
import type { BodyRequest } from './schedule.ts'

/** What a download of bodies may hold at once. */
export interface BodyLimits {
  /** Bytes of bodies expected or waiting to be added. */
  readonly inFlightBytes: number
  /** Requests to one peer at once. */
  readonly inFlight: number
  /** Longest wait for one answer, milliseconds. */
  readonly requestTimeoutMs: number
}

/** What a download needs from outside. Callbacks must not throw. */
export interface BodyDeps {
  readonly ledger: Ledger
  readonly client: BlockClient
  readonly clock: Clock
  readonly limits: BodyLimits
  /** Peers that may be asked; looked at again and again. */
  readonly peers: () => readonly string[]
  /** Who named the blocks: it must have them, others need not. */
  readonly leader: string
  /** A peer failed and must not be in `peers` any more. */
  readonly onFailed: (peer: string, error: TosError) => void
  /** Adds a block that matches its header; rejects with `INVALID_BLOCK` or a fault of this node's own. */
  readonly add: (block: BlockData) => Promise<void>
  readonly signal: AbortSignal
}

/** Bytes one answer should stay at: a slow link must get it across before the time-out. */
const ANSWER_BYTES = 1024 * 1024
/** What a block is taken to weigh before one was seen. */
const FIRST_BYTES = 16 * 1024
/** Blocks taken between two looks at what may be sent. */
const TAKEN = 16
/** Codes by which an honest peer says "not now". */
const NOT_NOW: ReadonlySet<string> = new Set(['BUSY', 'RATE_LIMITED', 'UNAVAILABLE'])

/**
 * Fetches the blocks of `links` (parents first) from all peers and adds them in that order. `schedule.ts` says who is asked what; this
 * sends, listens and adds. A peer that lies or stalls goes, and its blocks are asked of others. The room a request needs is guessed
 * from the largest block of late; blocks that suddenly grow can exceed `inFlightBytes` once, by one answer of 5 MiB for each request.
 * Throws `BLOCK_NOT_FOUND` when nobody is left who has the next block, `ABORTED`, what `add` throws but a spoilt body.
 */
export async function fetchBodies (deps: BodyDeps, links: readonly Link[]): Promise<void> {
  const download = new Download(deps, links)
  try {
    await download.run()
  } finally {
    download.end()
  }
}

class Download {
  readonly #deps: BodyDeps
  readonly #links: readonly Link[]
  readonly #schedule
  readonly #held = new Map<number, { readonly block: BlockData, readonly from: string }>()
  readonly #sent = new Map<number, AbortController>()
  /** Resolved when the order may go on. */
  #news = Promise.withResolvers<void>()
  #cancelTimer = (): void => {}
  #ended = false
  #taken = 0

  constructor (deps: BodyDeps, links: readonly Link[]) {
    const { inFlightBytes, inFlight, requestTimeoutMs } = deps.limits
    this.#deps = deps
    this.#links = links
    this.#schedule = createSchedule(links.length, {
      inFlightBytes, perPeer: inFlight, batch: BLOCK_LIMITS.hashes, batchBytes: ANSWER_BYTES, firstBytes: FIRST_BYTES, requestTimeoutMs
    })
    deps.signal.addEventListener('abort', this.#wake, { once: true })
  }

  /** Adds what the order waits for, as it comes. */
  async run (): Promise<void> {
    const { signal } = this.#deps
    while (this.#schedule.front < this.#links.length) {
      if (signal.aborted) throw new TosError('ABORTED', 'the download was ended')
      const next = this.#held.get(this.#schedule.front)
      if (next !== undefined) {
        await this.#take(next.block, next.from)
        // what was taken makes room, but a look for each block would cost more than it gives
        if (++this.#taken % TAKEN === 0) this.#pump()
        continue
      }
      // before the look: what comes meanwhile must not be lost
      this.#news = Promise.withResolvers()
      this.#pump()
      if (this.#schedule.stuck()) throw new TosError('BLOCK_NOT_FOUND', 'no peer gives the next block')
      else await this.#news.promise
    }
  }

  end (): void {
    this.#ended = true
    this.#deps.signal.removeEventListener('abort', this.#wake)
    this.#cancelTimer()
    for (const controller of this.#sent.values()) controller.abort()
    this.#sent.clear()
  }

  readonly #wake = (): void => { this.#news.resolve() }

  async #take (block: BlockData, from: string): Promise<void> {
    const item = this.#schedule.front
    try {
      // another way may have brought it
      if (!this.#deps.ledger.has((this.#links[item] as Link).hash)) await this.#deps.add(block)
    } catch (error) {
      if (!(error instanceof TosError) || !isSpoilt(error)) throw error
      this.#fail(from, error)
      return
    }
    this.#held.delete(item)
    this.#schedule.consumed()
  }

  /** Sends what the schedule allows and sets the timer for what it waits for. */
  readonly #pump = (): void => {
    if (this.#ended) return
    const { peers, clock } = this.#deps
    for (const peer of peers()) this.#schedule.join(peer)
    for (const request of this.#schedule.expired(clock.now())) this.#fail(request.peer, new TosError('TIMEOUT', `blocks: no answer within ${request.dueAt - request.at} ms`))
    for (const request of this.#schedule.plan(clock.now())) this.#send(request)
    this.#cancelTimer()
    const at = this.#schedule.wakeAt(clock.now())
    this.#cancelTimer = at === Number.POSITIVE_INFINITY ? () => {} : clock.after(at - clock.now(), this.#wakeAndPump)
  }

  readonly #wakeAndPump = (): void => {
    this.#pump()
    this.#wake()
  }

  #send (request: BodyRequest): void {
    const controller = new AbortController()
    this.#sent.set(request.id, controller)
    const links = request.items.map(item => this.#links[item] as Link)
    const question = { query: { type: 'byHash' as const, value: links.map(({ hash }) => hash) }, detail: DETAIL.full, maxItems: links.length }
    this.#deps.client.request(request.peer, question, { signal: controller.signal }).then(answer => { this.#onAnswer(request, answer) }).catch((error: unknown) => {
      if (this.#sent.delete(request.id)) this.#onError(request, toTosError(error, 'PEER_UNREACHABLE'))
    }).finally(this.#wakeAndPump)
  }

  #onAnswer (request: BodyRequest, answer: BlockAnswer): void {
    // it may be over: timed out, or others were quicker
    if (!this.#sent.has(request.id)) return
    const { blocks, missing } = readBodies(request.items.map(item => this.#links[item] as Link), answer)
    const sizes = new Map<number, number>()
    const lacking: number[] = []
    for (const item of request.items) {
      const { key } = this.#links[item] as Link
      const block = blocks.get(key)
      if (block !== undefined) sizes.set(item, blockBytes(block))
      else if (missing.has(key)) lacking.push(item)
    }
    this.#sent.delete(request.id)
    const result = this.#schedule.answered(request.id, sizes, lacking, this.#deps.clock.now())
    for (const item of result?.fresh ?? []) this.#held.set(item, { block: blocks.get((this.#links[item] as Link).key) as BlockData, from: request.peer })
    for (const { request: beaten, out } of result?.beaten ?? []) {
      this.#cancel(beaten)
      if (out) this.#fail(beaten.peer, new TosError('TIMEOUT', 'blocks: other peers answered first'))
    }
    if (lacking.length > 0 && request.peer === this.#deps.leader) this.#fail(request.peer, new TosError('BLOCK_NOT_FOUND', 'the peer does not hold the body of a header it gave'))
  }

  #onError (request: BodyRequest, error: TosError): void {
    this.#schedule.failed(request.id)
    if (!NOT_NOW.has(error.code) || !this.#schedule.pause(request.peer, this.#deps.clock.now())) this.#fail(request.peer, error)
  }

  /** The peer is out, with all it was asked; of a liar also what waits. */
  #fail (peer: string, error: TosError): void {
    if (!this.#schedule.has(peer)) return
    // told first: from now on `peers` must not name it
    this.#deps.onFailed(peer, error)
    for (const request of this.#schedule.leave(peer)) this.#cancel(request)
    if (error.code !== 'INVALID_BLOCK') return
    for (const [item, { from }] of this.#held) {
      if (from !== peer) continue
      this.#held.delete(item)
      this.#schedule.refused(item)
    }
  }

  #cancel (request: BodyRequest): void {
    this.#sent.get(request.id)?.abort()
    this.#sent.delete(request.id)
  }
}
