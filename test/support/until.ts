/** Turns of the event loop until `holds`; the test's own time-out ends a wait in vain. */
export async function until (holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(setImmediate)
}
