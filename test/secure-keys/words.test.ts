import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from '../support/fast-check.ts'
import { TosError } from '../../src/errors/index.ts'
import { seedToWords, wordsToSeed } from '../../src/secure/keys/index.ts'
import { fromHex, toHex } from '../../src/wire/index.ts'

const repeat = (words: string, times: number, last: string): string => `${`${words} `.repeat(times)}${last}`

// the 256-bit rows of the test vectors that BIP-39 names
const VECTORS: ReadonlyArray<readonly [seed: string, words: string]> = [
  ['00'.repeat(32), repeat('abandon', 23, 'art')],
  ['7f'.repeat(32), repeat('legal winner thank year wave sausage worth useful', 2, 'legal winner thank year wave sausage worth title')],
  ['80'.repeat(32), repeat('letter advice cage absurd amount doctor acoustic avoid', 2, 'letter advice cage absurd amount doctor acoustic bless')],
  ['ff'.repeat(32), repeat('zoo', 23, 'vote')],
  ['68a79eaca2324873eacc50cb9c6eca8cc68ea5d936f98787c60c7ebc74e6ce7c', 'hamster diagram private dutch cause delay private meat slide toddler razor book happy fancy gospel tennis maple dilemma loan word shrug inflict delay length'],
  ['9f6a2878b2520799a44ef18bc7df394e7061a224d2c33cd015b157d746869863', 'panda eyebrow bullet gorilla call smoke muffin taste mesh discover soft ostrich alcohol speed nation flash devote level hobby quick inner drive ghost inside'],
  ['066dca1a2bb7e8a1db2832148ce9933eea0f3ac9548d793112d9a95c9407efad', 'all hour make first leader extend hole alien behind guard gospel lava path output census museum junior mass reopen famous sing advance salt reform'],
  ['f585c11aec520db57dd353c69554b21a89b20fb0650966fa0a9d6f74fd989d8f', 'void come effort suffer camp survey warrior heavy shoot primary clutch crush open amazing screen patrol group space point ten exist slush involve unfold']
]

test('the official vectors of BIP-39 hold in both directions', () => {
  for (const [seed, words] of VECTORS) {
    assert.equal(seedToWords(fromHex(seed)), words)
    assert.equal(toHex(wordsToSeed(words)), seed)
  }
})

test('every seed goes into 24 words and comes back, however they are spaced and written', () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.constantFrom(' ', '\n', '\t  ', '\r\n'), fc.boolean(), (seed, gap, upper) => {
    const words = seedToWords(seed).split(' ')
    assert.equal(words.length, 24)
    const text = `${gap}${words.join(gap)}${gap}`
    assert.deepEqual(wordsToSeed(upper ? text.toUpperCase() : text), Uint8Array.from(seed))
  }), { numRuns: 50 })
})

test('an error names the position of a word and nothing of the phrase', () => {
  const words = (VECTORS[5]?.[1] ?? '').split(' ')
  for (const position of [1, 12, 24]) {
    const wrong = words.with(position - 1, 'pandaa')
    assert.throws(() => wordsToSeed(wrong.join(' ')), (error: unknown) => {
      assert.ok(error instanceof TosError)
      assert.deepEqual([error.code, error.details], ['KEY_UNREADABLE', { position }])
      const shown = `${JSON.stringify(error)} ${String(error.stack).split('\n', 1)[0]}`.replace(/word list|the words|--words/g, '')
      for (const word of new Set(wrong)) assert.doesNotMatch(shown, new RegExp(`\\b${word}\\b`))
      return true
    })
  }
})

test('the wrong number of words, two swapped words and a seed of another size are refused', () => {
  const words = (VECTORS[6]?.[1] ?? '').split(' ')
  const swapped = [words[1], words[0], ...words.slice(2)].join(' ')
  for (const text of ['', words.slice(1).join(' '), [...words, 'all'].join(' '), swapped, repeat('abandon', 11, 'about')]) assert.throws(() => wordsToSeed(text), { code: 'KEY_UNREADABLE' })
  for (const length of [0, 16, 31, 33]) assert.throws(() => seedToWords(new Uint8Array(length)), { code: 'INVALID_VALUE' })
})
