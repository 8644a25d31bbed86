/** How one check went: FAIL stops the node from doing its work, WARN hinders it or could not be looked at. */
export type Outcome = 'PASS' | 'WARN' | 'FAIL'

/** What one check found. */
export interface Finding {
  /** Name of the check, e.g. `disk`. */
  readonly check: string
  readonly outcome: Outcome
  readonly message: string
  /** What to do; always there unless it passed. */
  readonly hint?: string
}

/** All findings; `outcome` is the worst of them. */
export interface DoctorView {
  readonly outcome: Outcome
  /** Whether a running node answered; without one only the machine is looked at. */
  readonly daemon: boolean
  readonly checks: readonly Finding[]
}

export function pass (check: string, message: string): Finding {
  return { check, outcome: 'PASS', message }
}

export function warn (check: string, message: string, hint: string): Finding {
  return { check, outcome: 'WARN', message, hint }
}

export function fail (check: string, message: string, hint: string): Finding {
  return { check, outcome: 'FAIL', message, hint }
}

/** Puts findings together. */
export function diagnosis (daemon: boolean, checks: readonly Finding[]): DoctorView {
  const has = (outcome: Outcome): boolean => checks.some(finding => finding.outcome === outcome)
  return { outcome: has('FAIL') ? 'FAIL' : has('WARN') ? 'WARN' : 'PASS', daemon, checks }
}
