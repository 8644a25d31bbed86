import { createReferenceLedger, generateChain } from '../../src/chain/index.ts'
import { EASY } from './ledger-blocks.ts'

/*
 * Child process of the kill test: adds one deterministic chain to the ledger in argv[2] and names each acknowledged block by its
 * number on standard output, until it is killed.
 */
const ledger = await createReferenceLedger({ ...EASY, location: process.argv[2] ?? '' })
if (ledger.recovered !== undefined) throw new Error(JSON.stringify(ledger.recovered))
let number = 0
for await (const block of generateChain({ ...EASY, blocks: 100_000, transactionsPerBlock: 2, forks: 0.2 })) {
  number++
  const { status } = await ledger.add(block)
  if (status === 'orphan') throw new Error(`block ${number} has no parents here`)
  if (status === 'accepted') process.stdout.write(`${number}\n`)
}
