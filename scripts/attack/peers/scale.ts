/** How much of an attack is made: `quick` for the tests, `short` for a run by hand, `long` with `--long`. */
export type Scale = 'quick' | 'short' | 'long'
