import { TosError } from '../../errors/index.ts'
import type { DoctorView, Finding } from '../../monitor/doctor/index.ts'
import { clientFor, loadFor } from '../cli.ts'
import type { Cli, CommandModule, Flags } from '../cli.ts'
import { addConfigFlags } from '../config-flags.ts'

/** `tosd doctor`: PASS, WARN or FAIL for each thing a node needs; exit 1 when one fails. Works without a node too, with less to say. */
export const doctorCommand: CommandModule = (parent, cli) => {
  addConfigFlags(parent.command('doctor').description('check the node and its machine; exit 1 when something fails'))
    .action(async (flags: Flags) => {
      const view = await ask(cli, flags) ?? await alone(cli, flags)
      await cli.out.data(view, () => render(cli, view))
      if (view.outcome === 'FAIL') cli.exit(1)
    })
}

/** The running node's own view; `undefined` when there is none. */
async function ask (cli: Cli, flags: Flags): Promise<DoctorView | undefined> {
  const api = await clientFor(cli, flags)
  try {
    return await api.doctor({}, { signal: cli.signal })
  } catch (error) {
    if (error instanceof TosError && error.code === 'DAEMON_UNREACHABLE') return undefined
    throw error
  }
}

async function alone (cli: Cli, flags: Flags): Promise<DoctorView> {
  const [{ checkHost, diagnosis, probeHost, seedNames, warn }, { isSeeded, VERSION }, { config }] = await Promise.all([
    import('../../monitor/doctor/index.ts'), import('../../config/index.ts'), loadFor(cli, flags)
  ])
  const host = await probeHost({
    version: VERSION, isPublic: isSeeded(config.network), dataDir: config.dataDir,
    names: seedNames([...config.bootstrap, ...config.dhtBootstrap], config.dnsSeeds)
  })
  const daemon = warn('daemon', `no node answers at ${config.adminSocket}: listening, reachable, clock and peers are not checked`, '`tosd start` starts it')
  return diagnosis(false, [daemon, ...checkHost(host)])
}

function render (cli: Cli, { checks, outcome }: DoctorView): string {
  const width = Math.max(...checks.map(({ check }) => check.length))
  const lines = checks.flatMap(({ check, outcome, message, hint }: Finding) => [
    `${outcome}  ${check.padEnd(width)}  ${message}`,
    ...(hint === undefined ? [] : [`${' '.repeat(width + 8)}hint: ${cli.words(hint)}`])
  ])
  const count = (wanted: Finding['outcome']): number => checks.filter(finding => finding.outcome === wanted).length
  return [...lines, '', `${outcome}: ${count('PASS')} passed, ${count('WARN')} warnings, ${count('FAIL')} failed`].join('\n')
}
