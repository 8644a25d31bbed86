import { TosError } from '../errors/index.ts'
import type { FrameCodec } from '../frame/index.ts'
import { createEpoch } from './epoch.ts'
import type { Epoch, SealedStream, SessionRole } from './epoch.ts'
import type { Hello } from './hello.ts'
import { exportKey } from './key-schedule.ts'
import type { ApplicationKeys } from './key-schedule.ts'
import { isSpent, OVERDUE_FACTOR } from './rekey-limits.ts'
import type { RekeyLimits } from './rekey-limits.ts'
import { createSealedCodec } from './sealed-codec.ts'
import type { SessionCrypto } from './session-crypto.ts'

/** What a session needs from its surroundings. */
export interface SessionDeps {
  readonly crypto: SessionCrypto
  readonly role: SessionRole
  /** Node ids, 32 bytes. */
  readonly local: Uint8Array
  readonly remote: Uint8Array
  readonly limits: RekeyLimits
  /** Monotonic ms. */
  readonly clock: () => number
  /** Unix ms. */
  readonly now: () => number
  /** Runs something once after `ms` and returns what calls it off; must not keep the process alive. */
  readonly schedule: (run: () => void, ms: number) => () => void
  /** Fresh keys are due; told once per epoch, to the dialler. */
  readonly rekeyDue: () => void
  /** The connection must close. */
  readonly broken: (error: TosError) => void
}

/** What others may know of a session. */
export interface SessionInfo {
  readonly role: SessionRole
  readonly suite: string
  readonly epoch: number
  /** Age of the keys, ms. */
  readonly ageMs: number
  /** Frames and padded payload bytes under these keys, both directions. */
  readonly frames: number
  readonly bytes: number
  /** What the other side said of itself. */
  readonly hello: Hello
}

/** Name of the only suite there is. */
export const SESSION_SUITE = 'X25519MLKEM768-Ed25519-ChaCha20Poly1305'

/** Exchanges whose keys are held at most; the oldest go first. */
const MAX_EPOCHS_HELD = 4

/** The sealed channel of one connection: its epochs, the streams that run on them, and when fresh keys are due. */
export class Session {
  readonly #deps: SessionDeps
  readonly #epochs: Map<number, Epoch> = new Map()
  readonly #cancels: Set<() => void> = new Set()
  #hello: Hello
  #current: Epoch
  #due = false
  #over = false

  constructor (deps: SessionDeps, hello: Hello, keys: ApplicationKeys) {
    this.#deps = deps
    this.#hello = hello
    this.#current = this.#begin(0, keys)
  }

  /** Moves to the keys of a later exchange. Streams of the old ones have `limits.drainMs` to end by themselves. */
  install (number: number, hello: Hello, keys: ApplicationKeys): void {
    const old = this.#current
    this.#hello = hello
    this.#current = this.#begin(number, keys)
    this.#later(this.#deps.limits.drainMs, () => { this.#erase(old) })
    // a peer that renews without end does not make us keep a minute's worth of keys
    for (const epoch of this.#epochs.values()) if (this.#epochs.size > MAX_EPOCHS_HELD) this.#erase(epoch)
  }

  /** The codec of one stream of this connection; `opened`: by us. */
  codec (stream: SealedStream, opened: boolean): FrameCodec {
    const { local, remote, now, broken } = this.#deps
    return createSealedCodec({
      opened, local, remote, now,
      host: {
        current: () => this.#live(),
        epoch: number => this.#epochs.get(number),
        used: (epoch, bytes) => { this.#count(epoch, bytes) },
        joined: epoch => {
          epoch.streams.add(stream)
          stream.addEventListener('close', () => { epoch.streams.delete(stream) }, { once: true })
        },
        broken
      }
    })
  }

  /** A key bound to this session; see `exportKey`. Throws `NO_SESSION` when it is over. */
  export (label: string, context: Uint8Array, length: number): Uint8Array {
    return exportKey(this.#deps.crypto, this.#live().exporter, label, context, length)
  }

  info (): SessionInfo {
    const { number, frames, bytes, since } = this.#current
    return { role: this.#deps.role, suite: SESSION_SUITE, epoch: number, ageMs: this.#deps.clock() - since, frames, bytes, hello: this.#hello }
  }

  /** Number of the newest exchange. */
  get epoch (): number { return this.#current.number }
  /** Exchanges whose keys are still held. */
  get held (): number { return this.#epochs.size }

  /** Forgets all keys. The connection is closing. */
  close (): void {
    this.#over = true
    for (const cancel of this.#cancels) cancel()
    this.#cancels.clear()
    for (const epoch of this.#epochs.values()) this.#erase(epoch)
  }

  #begin (number: number, keys: ApplicationKeys): Epoch {
    const { crypto, role, limits, clock } = this.#deps
    const epoch = createEpoch(crypto, role, number, keys, clock())
    this.#epochs.set(number, epoch)
    this.#due = false
    // the listener waits longer: it is the dialler's part to begin
    if (role === 'dialler') this.#later(limits.ageMs, () => { if (epoch === this.#current) this.#wantRekey() })
    else this.#later(limits.ageMs * OVERDUE_FACTOR, () => { if (epoch === this.#current) this.#overdue() })
    return epoch
  }

  #live (): Epoch {
    if (this.#over) throw new TosError('NO_SESSION', 'the session is over')
    return this.#current
  }

  #count (epoch: Epoch, bytes: number): void {
    epoch.frames++
    epoch.bytes += bytes
    if (epoch !== this.#current || !isSpent(epoch, this.#deps.limits)) return
    if (this.#deps.role === 'dialler') this.#wantRekey()
    else if (isSpent(epoch, this.#deps.limits, OVERDUE_FACTOR)) this.#overdue()
  }

  #wantRekey (): void {
    if (this.#due || this.#over) return
    this.#due = true
    this.#deps.rekeyDue()
  }

  #overdue (): void {
    if (!this.#over) this.#deps.broken(new TosError('SESSION_EXHAUSTED', 'the peer keeps old keys in use beyond twice their limit'))
  }

  #erase (epoch: Epoch): void {
    this.#epochs.delete(epoch.number)
    epoch.exporter.fill(0)
    if (epoch.streams.size === 0) return
    const error = new TosError('STREAM_CLOSED', `the keys of epoch ${epoch.number} are erased`)
    for (const stream of epoch.streams) stream.abort(error)
    epoch.streams.clear()
  }

  #later (ms: number, run: () => void): void {
    const cancel = this.#deps.schedule(() => {
      this.#cancels.delete(cancel)
      run()
    }, ms)
    this.#cancels.add(cancel)
  }
}
