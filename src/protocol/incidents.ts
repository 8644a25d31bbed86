import type { TosError, TosErrorCode } from '../errors/index.ts'

/** Something a peer did, or that happened to a request, that a rule speaks about. */
export interface Incident {
  readonly code: TosErrorCode
  /** Peer id as text; undefined when nobody in particular is meant. */
  readonly peer: string | undefined
  /** Protocol id. */
  readonly protocol: string
  readonly error: TosError
  /** The peer answered this error: it tells what the peer thinks of us, not what it did. */
  readonly remote: boolean
}

/** Codes that name a fault of this node where the peer did not answer them: nobody is charged for them. */
const OWN_FAULT: ReadonlySet<TosErrorCode> = new Set<TosErrorCode>(['HANDLER_FAILED', 'TIMEOUT', 'BUSY', 'UNAVAILABLE', 'NOT_STARTED', 'ABORTED', 'SESSION_EXHAUSTED', 'INTERNAL'])

/** True for an end of a stream that is nobody's offence: it closed, or we left. Such ends are no incidents. */
export function isQuietEnd (error: TosError | undefined): boolean {
  return error === undefined || error.code === 'STREAM_CLOSED' || error.code === 'ABORTED'
}

export function isOwnFault (error: TosError): boolean {
  return OWN_FAULT.has(error.code) && !isRemote(error)
}

function isRemote ({ details }: TosError): boolean {
  return details?.['remote'] === true
}

/** Takes incidents: reputation listens here, metrics count here. */
export type IncidentListener = (incident: Incident) => void

/** Counts every incident by code and passes it on. Bounded by the catalogue of codes. */
export class IncidentLog {
  readonly counts: Map<TosErrorCode, number> = new Map()
  readonly #listeners: Set<IncidentListener> = new Set()

  /** Returns the function that takes the listener off again. */
  listen (listener: IncidentListener): () => void {
    this.#listeners.add(listener)
    return () => { this.#listeners.delete(listener) }
  }

  report (found: Omit<Incident, 'remote'>): void {
    const incident = { ...found, remote: isRemote(found.error) }
    this.counts.set(incident.code, (this.counts.get(incident.code) ?? 0) + 1)
    for (const listener of this.#listeners) listener(incident)
  }
}
