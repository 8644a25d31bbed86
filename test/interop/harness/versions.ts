import { readFileSync } from 'node:fs'

/** Versions of installed packages, by name; Node's own as `node`. */
export function versionsOf (...packages: readonly string[]): Record<string, string> {
  const versions: Record<string, string> = { node: process.versions.node }
  for (const name of packages) {
    const { version } = JSON.parse(readFileSync(new URL(`../../../node_modules/${name}/package.json`, import.meta.url), 'utf8')) as { readonly version: string }
    versions[name] = version
  }
  return versions
}
