const LOOK_MS = 5

/** Waits until `holds`. Looks every few ms, which leaves the processor to what is waited for; a wait in vain ends with what was waited for. */
export async function until (holds: () => boolean, withinMs = 60_000): Promise<void> {
  const end = performance.now() + withinMs
  while (!holds()) {
    if (performance.now() > end) throw new Error(`not within ${withinMs} ms: ${holds.toString()}`)
    await new Promise(resolve => setTimeout(resolve, LOOK_MS))
  }
}
