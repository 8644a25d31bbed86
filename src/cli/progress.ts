import type { ProgressView } from '../monitor/index.ts'
import type { Cli } from './cli.ts'
import { showDuration } from './output.ts'

/** Shows a long job: NDJSON items with `--json`, else a line that redraws on a terminal and a summary at the end. Returns the last item. */
export async function showProgress<T extends ProgressView> (cli: Cli, verb: string, items: AsyncIterable<T>): Promise<T | undefined> {
  const redraw = !cli.out.json && process.stderr.isTTY
  let last: T | undefined
  for await (const item of items) {
    last = item
    if (cli.out.json) await cli.out.data(item, () => '')
    else if (redraw) process.stderr.write(`\r\u001b[K${verb} ${line(item)}`)
  }
  if (redraw) process.stderr.write('\r\u001b[K')
  if (last !== undefined && !cli.out.json) await cli.out.write(`${verb} ${line(last)}\n`)
  return last
}

function line ({ blocks, transactions, height, total, elapsedMs }: ProgressView): string {
  const rate = elapsedMs === 0 ? '' : `, ${Math.round(blocks / elapsedMs * 1000)} blocks/s`
  return `${blocks}${total === undefined ? '' : ` of ${total}`} blocks, ${transactions} transactions, height ${height}, ${showDuration(elapsedMs)}${rate}`
}
