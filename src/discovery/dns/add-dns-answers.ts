import type { Candidates } from '../candidates.ts'
import type { DnsSeedAnswer } from './dns-seeds.ts'

/** Hands the answers of DNS seeds to the candidates: hints, refusals and failures. */
export function addDnsAnswers (candidates: Pick<Candidates, 'add' | 'refused' | 'failed'>, answers: readonly DnsSeedAnswer[]): void {
  for (const { origin, hints, refused, error } of answers) {
    candidates.refused(origin, refused)
    if (error !== undefined) candidates.failed(origin, error)
    for (const hint of hints) candidates.add(origin, hint)
  }
}
