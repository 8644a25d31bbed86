import type { ComponentLogger, Logger } from '@libp2p/interface'

function nothing (): void {}

const silent: Logger = Object.assign(nothing, { error: nothing, trace: nothing, enabled: false, newScope: () => silent })

/** A libp2p logger that formats nothing: the default one builds scopes and arguments for each stream even when nobody reads. */
export const silentLogger: ComponentLogger = { forComponent: () => silent }
