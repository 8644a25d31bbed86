import type { Suite } from '../bench/harness.ts'
import { checksumDamage } from './streams/checksum-damage.ts'
import { gossipAttack } from './streams/gossip-attack.ts'
import { junkFrames } from './streams/junk-frames.ts'
import { lengthBombs } from './streams/length-bombs.ts'
import { slowStreams } from './streams/slow-streams.ts'
import { streamFlood } from './streams/stream-flood.ts'
import { withTarget } from './streams/target.ts'

/** Hostile peers against a `tosd` process over TCP: each attack whose memory is measured meets a fresh daemon that has first served honest requests. */
export const suite: Suite = {
  name: 'streams',
  describe: 'hostile peers against a tosd process: length bombs, checksum damage, slow streams, junk, floods, gossip',
  async run ({ long, log }) {
    const attacks = {
      lengthBombs, slowStreams, junkFrames, streamFlood,
      damageAndGossip: () => withTarget(async target => [...await checksumDamage(target), ...await gossipAttack(target)])
    }
    const rows = []
    for (const [name, attack] of Object.entries(attacks)) {
      log(name)
      rows.push(...await attack(long))
    }
    return rows
  }
}
