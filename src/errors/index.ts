export { ERROR_CODES, EXIT } from './codes.ts'
export type { ErrorEntry, TosErrorCode } from './codes.ts'
export { describeCause, TosError, toTosError } from './tos-error.ts'
export type { ErrorDetails, ErrorReport, TosErrorOptions } from './tos-error.ts'
