import type { Command } from 'commander'
import { TosError } from '../../errors/index.ts'
import type { Cli, Flags } from '../cli.ts'
import { loadFor } from '../cli.ts'
import { hexArgument } from '../hex-argument.ts'
import { keyFileCommand, keyPath, keySubcommand, unlocking } from '../key-file.ts'
import { facts } from '../output.ts'

const unixSeconds = (): bigint => BigInt(Math.floor(Date.now() / 1000))

/** `tosd key rotate|verify-rotation`: from one key to the next, and the proof of it. */
export function addRotationCommands (key: Command, cli: Cli): void {
  keyFileCommand(key, 'rotate', 'make a new key and a record of it signed by both keys; the old file is kept', async flags => await rotate(cli, flags))
    .option('--reason <text>', 'why, at most 128 bytes; public', '').option('--dry-run', 'check everything, write nothing')
  keySubcommand(key, 'verify-rotation <file>', 'check the rotations in a file and print where they lead', async (flags, file) => await verify(cli, flags, file))
    .option('--from <id>', 'node id that must be among the keys given up; without it the file vouches only for itself')
}

async function rotate (cli: Cli, flags: Flags): Promise<void> {
  const { identityNames } = await import('../../node/identity.ts')
  const { rotateIdentity } = await import('../../node/rotate-identity.ts')
  const { encodeRotation } = await import('../../secure/keys/index.ts')
  const { toHex } = await import('../../wire/index.ts')
  const path = await keyPath(cli, flags)
  const { network } = (await loadFor(cli, flags)).config
  const { oldKey, newKey, keptAs, rotationFile, rotation } = await rotateIdentity(path, {
    network, reason: String(flags['reason']), now: unixSeconds(), passphraseOf: unlocking(cli, flags), dryRun: flags['dryRun'] === true
  })
  const old = identityNames(oldKey)
  const made = newKey === undefined || rotation === undefined ? undefined : { ...identityNames(newKey), sequence: rotation.sequence, record: toHex(encodeRotation(rotation)) }
  const result = { ...made, file: path, network, dryRun: made === undefined, old: { ...old, keptAs }, rotationFile }
  if (made !== undefined) cli.out.talk('give the rotation file to those who know the old node id; the node uses the new key from its next start')
  await cli.out.data(result, () => facts([
    ['old node id', old.nodeId], ['old key file', keptAs], ['peer id', made?.peerId], ['node id', made?.nodeId ?? 'a new one (dry run: nothing was written)'],
    ['key file', path], ['rotations', rotationFile]
  ]))
}

async function verify (cli: Cli, flags: Flags, file: string): Promise<void> {
  const { identityNames } = await import('../../node/identity.ts')
  const { readRotations } = await import('../../node/rotation-file.ts')
  const { verifyRotationChain } = await import('../../secure/keys/index.ts')
  const { fromHex, toHex } = await import('../../wire/index.ts')
  const { network } = (await loadFor(cli, flags)).config
  const rotations = readRotations(file)
  const { first, last } = verifyRotationChain(rotations, { network, now: unixSeconds() })
  const { from } = flags
  const known = typeof from === 'string' ? toHex(fromHex(hexArgument(from), 32)) : undefined
  if (known !== undefined && !rotations.some(({ oldKey }) => toHex(oldKey) === known)) {
    throw new TosError('ROTATION_INVALID', `no rotation in ${file} gives up that node id`, { details: { rule: 'from', from: known } })
  }
  const [begin, end] = [identityNames(first), identityNames(last)]
  const time = Number(rotations.at(-1)?.time)
  await cli.out.data({ valid: true, network, rotations: rotations.length, first: begin, last: end, time, reason: rotations.at(-1)?.reason }, () => facts([
    ['network', network], ['rotations', rotations.length], ['first node id', begin.nodeId], ['node id now', end.nodeId], ['peer id now', end.peerId],
    ['since', new Date(time * 1000).toISOString()], ['reason', rotations.at(-1)?.reason]
  ]))
}
