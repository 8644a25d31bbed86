import type { PrivacyLevel } from '../frame/index.ts'

/** Sizes of a High payload up to 16 KiB, bytes. */
const HIGH_BUCKETS: readonly number[] = [512, 1024, 2048, 4096, 16_384]
const LARGEST_BUCKET = 16_384
const SMALLEST_MEDIUM = 256

/**
 * Length of a payload of `size` bytes after padding (WIRE.md §6). Low: as it is. Medium: the next 256·2^n up to 16 KiB. High: one of five
 * buckets. Above 16 KiB both follow PADMÉ. Idempotent and never shrinking.
 */
export function paddedSize (size: number, privacy: PrivacyLevel): number {
  if (privacy === 'low') return size
  if (size > LARGEST_BUCKET) return padme(size)
  if (privacy === 'high') return HIGH_BUCKETS.find(bucket => bucket >= size) as number
  let bucket = SMALLEST_MEDIUM
  while (bucket < size) bucket *= 2
  return bucket
}

/**
 * PADMÉ (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs", §4): rounds up so that only the
 * upper bits of a length differ. Leaks O(log log size) bits, costs at most 12 %.
 */
export function padme (size: number): number {
  const exponent = Math.floor(Math.log2(size))
  const zeroBits = exponent - (Math.floor(Math.log2(exponent)) + 1)
  const step = 2 ** zeroBits
  return Math.ceil(size / step) * step
}
