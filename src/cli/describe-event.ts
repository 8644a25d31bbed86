import type { StreamedEvent } from '../monitor/index.ts'
import { printable } from './output.ts'

/** Time between two lines of progress. */
const PROGRESS_MS = 1000
/** Back to the start of the line, and clear it. */
const CLEAR = '\r\u001b[K'

/**
 * Says what happens in lines for a person; what happens too often gives ''. A sync is one `started` and one `finished`, however many
 * peers it asks; on a terminal its progress stands in the last line, which the next text replaces.
 */
export function describeEvents (isTerminal: boolean): (event: StreamedEvent) => string {
  let syncing = false
  let shownAt = -Infinity
  let dangling = false
  return event => {
    if (event.event === 'sync') {
      const begins = event.state !== 'finished' && !syncing
      syncing = event.state !== 'finished'
      if (!begins && syncing) {
        if (!isTerminal || event.at - shownAt < PROGRESS_MS) return ''
        shownAt = event.at
        dangling = true
        return `${CLEAR}${clock(event.at)}  sync at height ${event.height} of ${event.targetHeight}`
      }
    }
    const text = textOf(event)
    if (text === undefined) return ''
    const before = dangling ? CLEAR : ''
    dangling = false
    return `${before}${clock(event.at)}  ${printable(text)}${event.missed === undefined ? '' : ` (${event.missed} events before it were missed)`}\n`
  }
}

function clock (at: number): string {
  return new Date(at).toISOString().slice(11, 19)
}

function textOf (event: StreamedEvent): string | undefined {
  switch (event.event) {
    case 'block': return `block ${event.height} ${event.hash.slice(0, 16)}… ${event.origin === 'mined' ? 'mined here' : 'received'}, ${event.transactions} transactions`
    case 'peer-connected': return `${event.direction === 'inbound' ? 'accepted' : 'reached'} ${event.peerId}`
    case 'session': return `${event.epoch === 0 ? 'sealed session with' : `fresh keys (epoch ${event.epoch}) with`} ${event.peerId}${event.epoch === 0 ? `: ${event.userAgent}, height ${event.height}` : ''}`
    case 'peer-refused': return `hung up on ${event.peerId}: ${event.message} [${event.code}]`
    case 'peer-disconnected': return `lost ${event.peerId}${event.reason === undefined ? '' : ` (${event.reason})`}`
    case 'sync': return `sync ${event.state === 'finished' ? 'finished' : 'started'} at height ${event.height} of ${event.targetHeight}`
    case 'transaction': return `transaction ${event.id.slice(0, 16)}… sent`
    case 'warning': return `warning: ${event.message} [${event.code}]`
    default: return undefined
  }
}
