import type { ComponentLogger, Logger } from '@libp2p/interface'
import { pino } from 'pino'
import type { DestinationStream, Logger as PinoLogger } from 'pino'
import { formatMessage } from './log-format.ts'

/** Levels, least first; `silent` shows nothing. */
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent'

const RANK: Readonly<Record<LogLevel, number>> = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, silent: 99 }

/** Options of `createLog`: the `log` part of the configuration. */
export interface LogOptions {
  readonly level: LogLevel
  readonly format: 'auto' | 'pretty' | 'json'
  /** `component=level`; the longest matching component wins, `*` at its end is optional. */
  readonly components: readonly string[]
  /** Where JSON lines go; default standard error, since standard output is for data. */
  readonly destination?: DestinationStream
}

/** The node's log. */
export interface NodeLog {
  /** For the daemon's own lines: `log.info({ peer }, 'connected')`. */
  readonly log: PinoLogger
  /** For libp2p and the services mounted in it. */
  readonly components: ComponentLogger
  /** Changes a level while the node runs; without a component, the general one. */
  setLevel (level: LogLevel, component?: string): void
}

/** Creates the log: JSON lines, or readable ones on a terminal. A disabled line costs one comparison. */
export async function createLog ({ level, format, components, destination }: LogOptions): Promise<NodeLog> {
  const pretty = format === 'pretty' || (format === 'auto' && destination === undefined && process.stderr.isTTY)
  const sink = destination ?? (pretty ? await prettySink() : pino.destination({ fd: 2, sync: true }))
  // the bridge filters by component, so pino itself lets all through; `log` is a child with the general level
  const root = pino({ level: 'trace', base: null }, sink)
  const log = root.child({}, { level })
  const levels = parseLevels(components)
  let general = level
  let generation = 0

  const levelOf = (component: string): LogLevel => {
    const match = [...levels.keys()].filter(prefix => component.startsWith(prefix)).sort((a, b) => b.length - a.length)[0]
    return match === undefined ? general : levels.get(match) ?? general
  }

  const bridge = (component: string): Logger => {
    let known = -1
    let least = 0
    const allows = (rank: number): boolean => {
      if (known !== generation) [known, least] = [generation, RANK[levelOf(component)]]
      return rank >= least
    }
    const line = (level: 'trace' | 'debug' | 'warn') => (message: unknown, ...args: unknown[]): void => {
      if (allows(RANK[level])) root[level]({ component }, formatMessage(message, args))
    }
    // libp2p reports its errors to the caller as well, and a stranger can cause them at will: they are not for the general log
    const error = line(component.startsWith('libp2p') ? 'debug' : 'warn')
    const logger = Object.assign(line('debug'), { error, trace: line('trace'), enabled: false, newScope: (name: string) => bridge(`${component}:${name}`) })
    return Object.defineProperty(logger, 'enabled', { get: () => allows(RANK.debug) })
  }

  return {
    log,
    components: { forComponent: bridge },
    setLevel (level, component) {
      if (component === undefined) {
        general = level
        log.level = level
      } else {
        levels.set(prefixOf(component), level)
      }
      generation++
    }
  }
}

function parseLevels (components: readonly string[]): Map<string, LogLevel> {
  return new Map(components.map(entry => {
    const at = entry.lastIndexOf('=')
    return [prefixOf(entry.slice(0, at)), entry.slice(at + 1) as LogLevel]
  }))
}

function prefixOf (component: string): string {
  return component.replace(/:?\*$/, '')
}

async function prettySink (): Promise<DestinationStream> {
  const { PinoPretty } = await import('pino-pretty')
  return PinoPretty({ destination: 2, sync: true, colorize: process.stderr.isTTY, translateTime: 'HH:MM:ss.l', ignore: 'pid,hostname,component', messageFormat: '{if component}{component}: {end}{msg}' })
}
