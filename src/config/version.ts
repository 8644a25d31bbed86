import { existsSync, readFileSync } from 'node:fs'

/** Version of this package. The sources lie two levels below package.json, the build three. */
export const VERSION: string = readVersion()

function readVersion (): string {
  for (const up of ['../../', '../../../']) {
    const url = new URL(`${up}package.json`, import.meta.url)
    if (existsSync(url)) return (JSON.parse(readFileSync(url, 'utf8')) as { version: string }).version
  }
  return '0.0.0'
}
