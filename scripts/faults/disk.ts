import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { floorRow, limitRow } from '../bench/harness.ts'
import type { Row, Suite } from '../bench/harness.ts'
import type { DiskReport } from './disk/full-node.ts'
import { possibleWay, withDisk } from './disk/small-disk.ts'

const NODE = fileURLToPath(new URL('disk/full-node.ts', import.meta.url))
const NAMES = { mount: 'a file system of 24 MiB', namespace: 'a file system of 24 MiB in a user namespace', limit: 'a limit on the size of files' } as const

/** F3: a node on a disk that fills up, and gets room again half a minute later. */
export const suite: Suite = {
  name: 'disk',
  describe: 'a full disk under a running node',
  async run ({ log }) {
    const folder = await mkdtemp(join(tmpdir(), 'tos-disk-'))
    try {
      const way = await possibleWay(folder)
      log(NAMES[way])
      const [command, ...args] = withDisk(way, folder, [process.execPath, NODE, folder, way])
      const child = spawn(command as string, args, { stdio: ['ignore', 'pipe', 'inherit'] })
      const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit') as Promise<[number | null]>])
      const line = output.trim().split('\n').at(-1) ?? ''
      if (code !== 0 || line === '') throw new Error(`the node on ${NAMES[way]} ended with ${code}`)
      return rows(JSON.parse(line) as DiskReport, NAMES[way])
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }
}

function rows ({ refused, readOnly, unread, claimed, attempts, resumedAfter, warnings, lost, damage }: DiskReport, disk: string): Row[] {
  const yes = (name: string, holds: boolean): Row => floorRow(`F3 ${name}`, holds ? 1 : 0, 'of 1', 1)
  return [
    yes(`${disk}: a block is refused with STORE_READ_ONLY`, refused === 'STORE_READ_ONLY'),
    yes('the store is read-only', readOnly),
    limitRow('F3 held blocks that cannot be read meanwhile', unread, 'blocks', 0),
    yes('BLOCKS is claimed before', claimed[0]),
    yes('BLOCKS is not claimed meanwhile', !claimed[1]),
    yes('BLOCKS is claimed again after', claimed[2]),
    floorRow('F3 attempts to write again, watched', attempts.length, 'attempts', 2),
    floorRow('F3 time between attempts, least', Math.min(...attempts), 's', 9),
    limitRow('F3 time between attempts, most', Math.max(...attempts), 's', 12),
    limitRow('F3 writes again by itself after room is made', resumedAfter, 's', 12),
    floorRow('F3 warnings to the operator, one at each end', warnings, 'warnings', 2),
    limitRow('F3 acknowledged blocks lost', lost, 'blocks', 0),
    limitRow('F3 damage found by the next process', damage === undefined ? 0 : 1, 'stores', 0)
  ]
}
