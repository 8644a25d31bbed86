import type { TosError, TosErrorCode } from '../errors/index.ts'

/** Something a peer did, or that happened to a request, that a rule speaks about. */
export interface Incident {
  readonly code: TosErrorCode
  /** Peer id as text; undefined when nobody in particular is meant. */
  readonly peer: string | undefined
  /** Protocol id. */
  readonly protocol: string
  readonly error: TosError
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

  report (incident: Incident): void {
    this.counts.set(incident.code, (this.counts.get(incident.code) ?? 0) + 1)
    for (const listener of this.#listeners) listener(incident)
  }
}
