import { entropyToMnemonic, mnemonicToEntropy } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english.js'
import { TosError } from '../../errors/index.ts'

/** How many words a 32-byte seed takes: 256 bits and 8 of checksum, 11 a word. */
const WORDS = 24
const SEED_BYTES = 32
const POSITIONS: ReadonlySet<string> = new Set(wordlist)

/**
 * The 24 English words of BIP-39 for a 32-byte Ed25519 seed, taken as the ENTROPY of the phrase. It is not the seed that BIP-39 derives
 * from a phrase by PBKDF2: that goes one way only, and a key that exists already could not be written down. Wallets that derive keys
 * from a phrase get another key from these words. Throws `INVALID_VALUE`.
 */
export function seedToWords (seed: Uint8Array): string {
  if (seed.length !== SEED_BYTES) throw new TosError('INVALID_VALUE', `a seed has ${SEED_BYTES} bytes, not ${seed.length}`)
  return entropyToMnemonic(seed, wordlist)
}

/**
 * The 32-byte seed in a phrase of `seedToWords`; case and white space do not matter. Throws `KEY_UNREADABLE`; an unknown word is named by
 * `details.position`, from 1, and never shown: it is part of a secret, if a misspelt one.
 */
export function wordsToSeed (text: string): Uint8Array {
  const words = text.normalize('NFKD').toLowerCase().split(/\s+/).filter(word => word !== '')
  if (words.length !== WORDS) throw unreadable(`a key is ${WORDS} words, not ${words.length}`, { words: words.length })
  const unknown = words.findIndex(word => !POSITIONS.has(word))
  if (unknown !== -1) throw unreadable(`word ${unknown + 1} is not in the English word list`, { position: unknown + 1 })
  try {
    return mnemonicToEntropy(words.join(' '), wordlist)
  } catch {
    // not kept as a cause: what the library says of a phrase is not ours to vouch for
    throw unreadable('the checksum of the words does not fit: one of them is wrong, or two are swapped', {})
  }
}

function unreadable (message: string, details: Readonly<Record<string, number>>): TosError {
  return new TosError('KEY_UNREADABLE', message, { details, hint: 'compare the words with what `tosd key export --words` printed' })
}
