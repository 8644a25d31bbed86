import type { ChainVerification } from '../../chain/index.ts'
import type { VerifyView } from '../../monitor/index.ts'
import { progressStream } from './progress-stream.ts'
import type { Progress } from './progress-stream.ts'

/** Runs a verification and yields its progress; the last item carries what it found. */
export async function * verifyStream (run: (report: (progress: Progress) => void) => Promise<ChainVerification>): AsyncGenerator<VerifyView, void, undefined> {
  let verification: ChainVerification | undefined
  const items = progressStream(() => verification?.height ?? 0, async report => {
    verification = await run(report)
    return verification
  })
  for await (const item of items) yield item.done === true && verification !== undefined ? { ...item, verification } : item
}
