// Loaded into the daemon before it starts (`node --expose-gc --import`), so that its live heap can be told from garbage. Nothing else changes.
// Twice, because what the first collection finalises is freed by the second.
process.on('SIGUSR2', () => {
  globalThis.gc?.()
  globalThis.gc?.()
})
// Collects and hands free pages back to the system: what is resident then is needed.
process.on('SIGWINCH', () => { globalThis.gc?.({ type: 'major', flavor: 'last-resort' }) })
