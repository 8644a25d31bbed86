/** What spies make of what they saw: for each honest node, whom they take for the origin of its transaction. */
export type Guesses = ReadonlyMap<number, number | undefined>

/** How good the guesses are (Fanti et al. 2018, §2.3). */
export interface Score {
  /** Of the transactions put down to a node, the share that is its own; the mean over all nodes. */
  readonly precision: number
  /** Share of the transactions put down to the right node. */
  readonly recall: number
}

export function score (guesses: Guesses): Score {
  const blamed = new Map<number, number>()
  for (const guess of guesses.values()) if (guess !== undefined) blamed.set(guess, (blamed.get(guess) ?? 0) + 1)
  let precision = 0
  let recall = 0
  for (const [origin, guess] of guesses) {
    if (guess !== origin) continue
    precision += 1 / (blamed.get(guess) as number)
    recall++
  }
  return { precision: precision / guesses.size, recall: recall / guesses.size }
}
