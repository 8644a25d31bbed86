import { difficultyOf } from '../chain/genesis.ts'
import { toTosError } from '../errors/index.ts'
import type { Config, OptionKey } from './options.ts'
import type { Problem } from './source.ts'

type Rule = readonly [key: OptionKey, check: (config: Config) => string | undefined]

/** What no single option can tell: how they fit together. */
const RULES: readonly Rule[] = [
  ['peers.min', ({ peers }) => peers.min <= peers.max ? undefined : `is ${peers.min}, above peers.max ${peers.max}`],
  ['peers.target', ({ peers }) => peers.target <= peers.max ? undefined : `is ${peers.target}, above peers.max ${peers.max}`],
  ['difficulty', ({ network, difficulty }) => refusal(() => difficultyOf(network, BigInt(difficulty)))],
  ['limits.readBufferBytes', ({ limits }) => limits.readBufferBytes >= limits.yamuxWindowBytes ? undefined : `is below limits.yamuxWindowBytes ${limits.yamuxWindowBytes}: a paused stream would be reset`],
  ['plain', ({ plain }) => plain ? undefined : 'must stay on until sealed sessions are built']
]

/** Every broken rule, with the origin of the value it names. */
export function checkRules (config: Config, origins: Readonly<Record<OptionKey, string>>): Problem[] {
  return RULES.flatMap(([key, check]) => {
    const message = check(config)
    return message === undefined ? [] : [{ key, origin: origins[key], message }]
  })
}

function refusal (check: () => unknown): string | undefined {
  try {
    check()
    return undefined
  } catch (error) {
    return `is refused: ${toTosError(error).message}`
  }
}
