import { spawn } from 'node:child_process'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const TOSD = fileURLToPath(new URL('../../scripts/tosd.mjs', import.meta.url))

/** What a finished `tosd` left. */
export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Starts `tosd` with an environment of its own, so that the developer's settings do not reach the tests. */
export function spawnTosd (args: readonly string[], { home, env = {} }: { readonly home?: string, readonly env?: Record<string, string> } = {}): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [TOSD, ...args], { env: { PATH: process.env['PATH'] ?? '', HOME: home ?? join(tmpdir(), 'tosd-nobody'), NO_COLOR: '1', ...env } })
}

/** Runs `tosd` to its end. */
export function tosd (args: readonly string[], { home, input = '', env = {} }: { readonly home?: string, readonly input?: string, readonly env?: Record<string, string> } = {}): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawnTosd(args, { ...(home === undefined ? {} : { home }), env })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', chunk => { stdout += String(chunk) })
    child.stderr.on('data', chunk => { stderr += String(chunk) })
    child.stdin.on('error', reject)
    child.on('error', reject)
    child.on('close', code => resolve({ code, stdout, stderr }))
    child.stdin.end(input)
  })
}

/** The objects of an NDJSON text. */
export function lines (text: string): Array<Record<string, unknown>> {
  return text.trim() === '' ? [] : text.trim().split('\n').map(line => JSON.parse(line) as Record<string, unknown>)
}

/** A directory for one test file, and the function that removes it. */
export function scratch (name: string): { readonly dir: string, readonly remove: () => void } {
  const dir = mkdtempSync(join(tmpdir(), `tos-${name}-`))
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) }
}
