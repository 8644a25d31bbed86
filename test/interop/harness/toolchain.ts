import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { BUILD, INTEROP } from './paths.ts'

/** Peers that run wherever Node runs. */
export const OWN_PEERS = ['js', 'tosd'] as const
/** Peers of other stacks that need a toolchain. */
export const NATIVE_PEERS = ['go', 'rust', 'py'] as const
/** Every stack our node is proven against; each test file runs over these. */
export const FOREIGN_PEERS = ['js', ...NATIVE_PEERS] as const
export type PeerKind = (typeof OWN_PEERS)[number] | (typeof NATIVE_PEERS)[number]
/** What `TOS_INTEROP_REQUIRE` may name. */
export type Tool = (typeof NATIVE_PEERS)[number] | 'chromium' | 'namespaces'

/** How to start something, or why it cannot be started here and what to do about that. */
export type Availability = { readonly command: string, readonly args: readonly string[] } | { readonly missing: string, readonly hint: string }

const node = (...path: string[]): Availability => ({ command: process.execPath, args: [join(INTEROP, ...path)] })

const FIND: Readonly<Record<PeerKind | Tool, () => Availability>> = {
  js: () => node('js', 'peer.ts'),
  tosd: () => node('tosd', 'peer.ts'),
  go: () => built('go', ['go'], 'Go 1.25 or newer (apt-get install golang-go)', join('go', 'peer')),
  rust: () => built('rust', ['cargo'], 'Rust (apt-get install cargo)', join('rust', 'peer')),
  py: () => built('py', ['python3'], 'Python 3 with venv (apt-get install python3-venv)', join('py', 'bin', 'python'), join(INTEROP, 'py', 'peer.py')),
  chromium () {
    const path = onPath('chromium', 'chromium-browser', 'google-chrome')
    return path === undefined ? { missing: 'no chromium', hint: 'apt-get install chromium' } : { command: path, args: [] }
  },
  namespaces () {
    const [ip, nft] = [onPath('ip'), onPath('nft')]
    if (ip === undefined || nft === undefined) return { missing: 'no ip or nft', hint: 'apt-get install iproute2 nftables' }
    return process.getuid?.() === 0 ? { command: ip, args: [] } : { missing: 'only root can make networks', hint: 'run it as root' }
  }
}

/** Where a peer or tool is. Looked up at each call: nothing is assumed of an earlier one. */
export function find (what: PeerKind | Tool): Availability {
  return FIND[what]()
}

/** True when this run must not do without it: a missing one then fails. */
export function isRequired (what: string, required: string = process.env['TOS_INTEROP_REQUIRE'] ?? ''): boolean {
  return required.split(',').map(name => name.trim()).includes(what)
}

function built (peer: string, tools: readonly string[], install: string, binary: string, ...args: string[]): Availability {
  const command = join(BUILD, binary)
  if (existsSync(command)) return { command, args }
  const tool = onPath(...tools)
  return tool === undefined
    ? { missing: `${tools.join(' or ')} is not installed`, hint: `install ${install}, then: node test/interop/build.ts ${peer}` }
    : { missing: `the ${peer} peer is not built`, hint: `node test/interop/build.ts ${peer}` }
}

function onPath (...names: readonly string[]): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return names.flatMap(name => folders.map(folder => join(folder, name))).find(path => existsSync(path))
}
