import type { Ledger } from '../../src/chain/index.ts'

/** The same ledger, which proves transactions falsely (siblings reversed) and is honest in all else. */
export function forgingLedger (ledger: Ledger): Ledger {
  const bend: Ledger['transaction'] = async id => {
    const found = await ledger.transaction(id)
    return found === undefined ? undefined : { ...found, proof: { ...found.proof, siblings: found.proof.siblings.map(hash => hash.toReversed()) } }
  }
  return new Proxy(ledger, {
    get (target, key) {
      if (key === 'transaction') return bend
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? value.bind(target) as unknown : value
    }
  })
}
