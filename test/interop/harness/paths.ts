import { fileURLToPath } from 'node:url'

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** `test/interop/`. */
export const INTEROP = at('..')
/** Built peers and the parts of the report; not in the repository. */
export const BUILD = at('../.build')
export const REPORT = at('../interop-report.json')
export const MATRIX = at('../MATRIX.md')
