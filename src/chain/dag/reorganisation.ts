/** Selected blocks that may leave the order for a branch that is merely heavier. */
export const MAX_REORGANISATION = 128

/**
 * Whether a heavier branch may take the place of `depth` selected blocks; `length` counts its own above the fork. Beyond the limit it
 * must be twice as heavy: whoever rewrites old blocks then needs twice the work of all others, while a node that mined alone, or fell
 * for a made-up chain, still finds back by itself. With one difficulty per network, blocks are work.
 */
export function mayReorganise (depth: number, length: number): boolean {
  return depth <= MAX_REORGANISATION || length >= 2 * depth
}
