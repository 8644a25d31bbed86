import { setTimeout as pause } from 'node:timers/promises'

/** Looks again until `holds` throws no more. Throws what it threw last when the time is over. */
export async function eventually (holds: () => Promise<void>, timeoutMs = 30_000): Promise<void> {
  const start = performance.now()
  for (;;) {
    try {
      await holds()
      return
    } catch (error) {
      if (performance.now() - start > timeoutMs) throw error
    }
    await pause(50)
  }
}
