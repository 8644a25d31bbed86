import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { lines, spawnTosd, tosd, tosdProcess } from './run.ts'

test('what is wrong on the command line is one clear line with the nearest match, exit 2', async () => {
  const rows: Array<[args: string[], message: RegExp]> = [
    [['stauts'], /^error: unknown command 'stauts' \(Did you mean status\?\)\s+\[USAGE\]\n {2}hint/],
    [['frame', 'decode', '--jsn'], /^error: unknown option '--jsn' \(Did you mean --json\?\)\s+\[USAGE\]\n {2}hint/],
    [['frame', 'decode', 'a', 'b'], /too many arguments/],
    [['start', '--netwrok', 'x'], /Did you mean --network\?/]
  ]
  for (const [i, [args, message]] of rows.entries()) {
    const { code, stderr, stdout } = await (i === 0 ? tosdProcess : tosd)(args)
    assert.deepEqual([code, stdout], [2, ''], args.join(' '))
    assert.match(stderr, message)
  }
})

test('with --json the error is one object on standard error', async () => {
  const { code, stderr } = await tosdProcess(['nonsense', '--json'])
  assert.equal(code, 2)
  assert.deepEqual(lines(stderr).map(error => [error['code'], error['message']]), [['USAGE', "unknown command 'nonsense'"]])
})

test('help and version go to standard output', async () => {
  const help = await tosdProcess(['--help'])
  assert.deepEqual([help.code, help.stderr], [0, ''])
  for (const command of ['init', 'start', 'status', 'frame', 'devnet', 'completion']) assert.match(help.stdout, new RegExp(`^ {2}${command}\\b`, 'm'))
  assert.match((await tosdProcess(['--version'])).stdout, /^\d+\.\d+\.\d+\n$/)
})

test('no daemon: exit 69 and what to do', async () => {
  const { code, stderr } = await tosdProcess(['status'])
  assert.equal(code, 69)
  assert.match(stderr, /^error: no tosd answers on the admin socket\s+\[DAEMON_UNREACHABLE\]\n[^]*hint {3,}start the node first/)
})

test('no daemon: stop and id say so in their own words, and hints can be pasted', async () => {
  const stop = await tosd(['stop', '--network', 'lab', '--json'])
  assert.deepEqual([stop.code, lines(stop.stderr)[0]?.['message']], [69, 'no node runs there'])
  assert.match(String(lines(stop.stderr)[0]?.['hint']), /`node \S+tosd\.mjs start --network lab`/)
  const id = await tosd(['id', '--network', 'lab', '--json'])
  assert.deepEqual([id.code, lines(id.stderr)[0]?.['message']], [69, 'no node runs there'])
  assert.match(String(lines(id.stderr)[0]?.['hint']), /`node \S+tosd\.mjs key show --network lab`/)
})

test('help fits a screen and says what may stand after a flag', async () => {
  for (const args of [['--help'], ['start', '--help'], ['tx', 'send', '--help'], ['frame', '--help']]) {
    for (const line of (await tosd(args)).stdout.split('\n')) assert.ok(line.length <= 100, line)
  }
  const { stdout } = await tosd(['start', '--help'])
  const text = stdout.replace(/\s+/g, ' ')
  for (const part of ['(mainnet | testnet | devnet; default mainnet)', '(full | light | mining | validator; default full)', '(default | tos-spec; default default)', 'default info)', '--no-mdns Do not look']) assert.ok(text.includes(part), part)
  assert.match((await tosd(['frame', '--help'])).stdout, /frame types/)
})

test('a missing --config file is a configuration error', async () => {
  assert.equal((await tosd(['status', '--config', '/nowhere/tosd.toml'])).code, 78)
})

test('a reader that leaves early is no failure', async () => {
  const child = spawnTosd(['config', 'schema'])
  child.stdout.destroy()
  let stderr = ''
  child.stderr.on('data', chunk => { stderr += String(chunk) })
  assert.deepEqual([(await once(child, 'close'))[0], stderr], [0, ''])
})
