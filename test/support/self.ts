// Preloaded by tests that run code a user wrote: inside it `tos-p2p` means this checkout.
import { registerHooks } from 'node:module'

const ENTRIES: Readonly<Record<string, string>> = { 'tos-p2p': '../../src/index.ts', 'tos-p2p/protocol': '../../src/protocol/index.ts', 'tos-p2p/protocols': '../../protocols/index.ts' }

registerHooks({
  resolve (specifier, context, next) {
    const entry = ENTRIES[specifier]
    return entry === undefined ? next(specifier, context) : { url: new URL(entry, import.meta.url).href, shortCircuit: true }
  }
})
