import type { FieldNames, StructWrite, Writes } from './struct.ts'

/** Makes the writer of one struct. */
export type WriteSite = (names: FieldNames, writes: Writes) => StructWrite

// The same line several times, so that each struct has one of its own: see `read-sites.ts`.

/** By number of fields. */
export const writeSites: ReadonlyArray<readonly WriteSite[]> = [
  [],
  [
    ([a], [i]) => (w, v) => { i(w, v[a]) },
    ([a], [i]) => (w, v) => { i(w, v[a]) },
    ([a], [i]) => (w, v) => { i(w, v[a]) },
    ([a], [i]) => (w, v) => { i(w, v[a]) }
  ],
  [
    ([a, b], [i, j]) => (w, v) => { i(w, v[a]); j(w, v[b]) },
    ([a, b], [i, j]) => (w, v) => { i(w, v[a]); j(w, v[b]) },
    ([a, b], [i, j]) => (w, v) => { i(w, v[a]); j(w, v[b]) },
    ([a, b], [i, j]) => (w, v) => { i(w, v[a]); j(w, v[b]) },
    ([a, b], [i, j]) => (w, v) => { i(w, v[a]); j(w, v[b]) },
    ([a, b], [i, j]) => (w, v) => { i(w, v[a]); j(w, v[b]) },
    ([a, b], [i, j]) => (w, v) => { i(w, v[a]); j(w, v[b]) },
    ([a, b], [i, j]) => (w, v) => { i(w, v[a]); j(w, v[b]) }
  ],
  [
    ([a, b, c], [i, j, k]) => (w, v) => { i(w, v[a]); j(w, v[b]); k(w, v[c]) },
    ([a, b, c], [i, j, k]) => (w, v) => { i(w, v[a]); j(w, v[b]); k(w, v[c]) },
    ([a, b, c], [i, j, k]) => (w, v) => { i(w, v[a]); j(w, v[b]); k(w, v[c]) },
    ([a, b, c], [i, j, k]) => (w, v) => { i(w, v[a]); j(w, v[b]); k(w, v[c]) },
    ([a, b, c], [i, j, k]) => (w, v) => { i(w, v[a]); j(w, v[b]); k(w, v[c]) },
    ([a, b, c], [i, j, k]) => (w, v) => { i(w, v[a]); j(w, v[b]); k(w, v[c]) },
    ([a, b, c], [i, j, k]) => (w, v) => { i(w, v[a]); j(w, v[b]); k(w, v[c]) },
    ([a, b, c], [i, j, k]) => (w, v) => { i(w, v[a]); j(w, v[b]); k(w, v[c]) }
  ],
  [
    ([a, b, c, d], [i, j, k, l]) => (w, v) => { i(w, v[a]); j(w, v[b]); k(w, v[c]); l(w, v[d]) },
    ([a, b, c, d], [i, j, k, l]) => (w, v) => { i(w, v[a]); j(w, v[b]); k(w, v[c]); l(w, v[d]) },
    ([a, b, c, d], [i, j, k, l]) => (w, v) => { i(w, v[a]); j(w, v[b]); k(w, v[c]); l(w, v[d]) },
    ([a, b, c, d], [i, j, k, l]) => (w, v) => { i(w, v[a]); j(w, v[b]); k(w, v[c]); l(w, v[d]) },
    ([a, b, c, d], [i, j, k, l]) => (w, v) => { i(w, v[a]); j(w, v[b]); k(w, v[c]); l(w, v[d]) },
    ([a, b, c, d], [i, j, k, l]) => (w, v) => { i(w, v[a]); j(w, v[b]); k(w, v[c]); l(w, v[d]) },
    ([a, b, c, d], [i, j, k, l]) => (w, v) => { i(w, v[a]); j(w, v[b]); k(w, v[c]); l(w, v[d]) },
    ([a, b, c, d], [i, j, k, l]) => (w, v) => { i(w, v[a]); j(w, v[b]); k(w, v[c]); l(w, v[d]) }
  ],
  [
    ([a, b, c, d, e], [i, j, k, l, m]) => (w, v) => { i(w, v[a]); j(w, v[b]); k(w, v[c]); l(w, v[d]); m(w, v[e]) },
    ([a, b, c, d, e], [i, j, k, l, m]) => (w, v) => { i(w, v[a]); j(w, v[b]); k(w, v[c]); l(w, v[d]); m(w, v[e]) },
    ([a, b, c, d, e], [i, j, k, l, m]) => (w, v) => { i(w, v[a]); j(w, v[b]); k(w, v[c]); l(w, v[d]); m(w, v[e]) },
    ([a, b, c, d, e], [i, j, k, l, m]) => (w, v) => { i(w, v[a]); j(w, v[b]); k(w, v[c]); l(w, v[d]); m(w, v[e]) },
    ([a, b, c, d, e], [i, j, k, l, m]) => (w, v) => { i(w, v[a]); j(w, v[b]); k(w, v[c]); l(w, v[d]); m(w, v[e]) },
    ([a, b, c, d, e], [i, j, k, l, m]) => (w, v) => { i(w, v[a]); j(w, v[b]); k(w, v[c]); l(w, v[d]); m(w, v[e]) },
    ([a, b, c, d, e], [i, j, k, l, m]) => (w, v) => { i(w, v[a]); j(w, v[b]); k(w, v[c]); l(w, v[d]); m(w, v[e]) },
    ([a, b, c, d, e], [i, j, k, l, m]) => (w, v) => { i(w, v[a]); j(w, v[b]); k(w, v[c]); l(w, v[d]); m(w, v[e]) }
  ],
  [
    ([a, b, c, d, e, f], [i, j, k, l, m, n]) => (w, v) => { i(w, v[a]); j(w, v[b]); k(w, v[c]); l(w, v[d]); m(w, v[e]); n(w, v[f]) },
    ([a, b, c, d, e, f], [i, j, k, l, m, n]) => (w, v) => { i(w, v[a]); j(w, v[b]); k(w, v[c]); l(w, v[d]); m(w, v[e]); n(w, v[f]) },
    ([a, b, c, d, e, f], [i, j, k, l, m, n]) => (w, v) => { i(w, v[a]); j(w, v[b]); k(w, v[c]); l(w, v[d]); m(w, v[e]); n(w, v[f]) },
    ([a, b, c, d, e, f], [i, j, k, l, m, n]) => (w, v) => { i(w, v[a]); j(w, v[b]); k(w, v[c]); l(w, v[d]); m(w, v[e]); n(w, v[f]) },
    ([a, b, c, d, e, f], [i, j, k, l, m, n]) => (w, v) => { i(w, v[a]); j(w, v[b]); k(w, v[c]); l(w, v[d]); m(w, v[e]); n(w, v[f]) },
    ([a, b, c, d, e, f], [i, j, k, l, m, n]) => (w, v) => { i(w, v[a]); j(w, v[b]); k(w, v[c]); l(w, v[d]); m(w, v[e]); n(w, v[f]) }
  ],
  [
    ([a, b, c, d, e, f, g], [i, j, k, l, m, n, o]) => (w, v) => { i(w, v[a]); j(w, v[b]); k(w, v[c]); l(w, v[d]); m(w, v[e]); n(w, v[f]); o(w, v[g]) },
    ([a, b, c, d, e, f, g], [i, j, k, l, m, n, o]) => (w, v) => { i(w, v[a]); j(w, v[b]); k(w, v[c]); l(w, v[d]); m(w, v[e]); n(w, v[f]); o(w, v[g]) },
    ([a, b, c, d, e, f, g], [i, j, k, l, m, n, o]) => (w, v) => { i(w, v[a]); j(w, v[b]); k(w, v[c]); l(w, v[d]); m(w, v[e]); n(w, v[f]); o(w, v[g]) },
    ([a, b, c, d, e, f, g], [i, j, k, l, m, n, o]) => (w, v) => { i(w, v[a]); j(w, v[b]); k(w, v[c]); l(w, v[d]); m(w, v[e]); n(w, v[f]); o(w, v[g]) }
  ],
  [
    ([a, b, c, d, e, f, g, h], [i, j, k, l, m, n, o, p]) => (w, v) => { i(w, v[a]); j(w, v[b]); k(w, v[c]); l(w, v[d]); m(w, v[e]); n(w, v[f]); o(w, v[g]); p(w, v[h]) },
    ([a, b, c, d, e, f, g, h], [i, j, k, l, m, n, o, p]) => (w, v) => { i(w, v[a]); j(w, v[b]); k(w, v[c]); l(w, v[d]); m(w, v[e]); n(w, v[f]); o(w, v[g]); p(w, v[h]) },
    ([a, b, c, d, e, f, g, h], [i, j, k, l, m, n, o, p]) => (w, v) => { i(w, v[a]); j(w, v[b]); k(w, v[c]); l(w, v[d]); m(w, v[e]); n(w, v[f]); o(w, v[g]); p(w, v[h]) },
    ([a, b, c, d, e, f, g, h], [i, j, k, l, m, n, o, p]) => (w, v) => { i(w, v[a]); j(w, v[b]); k(w, v[c]); l(w, v[d]); m(w, v[e]); n(w, v[f]); o(w, v[g]); p(w, v[h]) }
  ]
]
