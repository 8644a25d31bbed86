import type { FieldNames, Reads, StructRead } from './struct.ts'

/** Makes the reader of one struct. */
export type ReadSite = (names: FieldNames, reads: Reads) => StructRead

// V8 collects type feedback per function text, not per closure: one reader shared by all structs sees every field name and
// every field type, and each field then costs ten times as much. So the same line stands here several times, and each struct
// takes a line of its own (`struct.ts`); those that find none left share one reader and lose only speed.

/** By number of fields. */
export const readSites: ReadonlyArray<readonly ReadSite[]> = [
  [],
  [
    ([a], [i]) => r => ({ [a]: i(r) }),
    ([a], [i]) => r => ({ [a]: i(r) }),
    ([a], [i]) => r => ({ [a]: i(r) }),
    ([a], [i]) => r => ({ [a]: i(r) })
  ],
  [
    ([a, b], [i, j]) => r => ({ [a]: i(r), [b]: j(r) }),
    ([a, b], [i, j]) => r => ({ [a]: i(r), [b]: j(r) }),
    ([a, b], [i, j]) => r => ({ [a]: i(r), [b]: j(r) }),
    ([a, b], [i, j]) => r => ({ [a]: i(r), [b]: j(r) }),
    ([a, b], [i, j]) => r => ({ [a]: i(r), [b]: j(r) }),
    ([a, b], [i, j]) => r => ({ [a]: i(r), [b]: j(r) }),
    ([a, b], [i, j]) => r => ({ [a]: i(r), [b]: j(r) }),
    ([a, b], [i, j]) => r => ({ [a]: i(r), [b]: j(r) })
  ],
  [
    ([a, b, c], [i, j, k]) => r => ({ [a]: i(r), [b]: j(r), [c]: k(r) }),
    ([a, b, c], [i, j, k]) => r => ({ [a]: i(r), [b]: j(r), [c]: k(r) }),
    ([a, b, c], [i, j, k]) => r => ({ [a]: i(r), [b]: j(r), [c]: k(r) }),
    ([a, b, c], [i, j, k]) => r => ({ [a]: i(r), [b]: j(r), [c]: k(r) }),
    ([a, b, c], [i, j, k]) => r => ({ [a]: i(r), [b]: j(r), [c]: k(r) }),
    ([a, b, c], [i, j, k]) => r => ({ [a]: i(r), [b]: j(r), [c]: k(r) }),
    ([a, b, c], [i, j, k]) => r => ({ [a]: i(r), [b]: j(r), [c]: k(r) }),
    ([a, b, c], [i, j, k]) => r => ({ [a]: i(r), [b]: j(r), [c]: k(r) })
  ],
  [
    ([a, b, c, d], [i, j, k, l]) => r => ({ [a]: i(r), [b]: j(r), [c]: k(r), [d]: l(r) }),
    ([a, b, c, d], [i, j, k, l]) => r => ({ [a]: i(r), [b]: j(r), [c]: k(r), [d]: l(r) }),
    ([a, b, c, d], [i, j, k, l]) => r => ({ [a]: i(r), [b]: j(r), [c]: k(r), [d]: l(r) }),
    ([a, b, c, d], [i, j, k, l]) => r => ({ [a]: i(r), [b]: j(r), [c]: k(r), [d]: l(r) }),
    ([a, b, c, d], [i, j, k, l]) => r => ({ [a]: i(r), [b]: j(r), [c]: k(r), [d]: l(r) }),
    ([a, b, c, d], [i, j, k, l]) => r => ({ [a]: i(r), [b]: j(r), [c]: k(r), [d]: l(r) }),
    ([a, b, c, d], [i, j, k, l]) => r => ({ [a]: i(r), [b]: j(r), [c]: k(r), [d]: l(r) }),
    ([a, b, c, d], [i, j, k, l]) => r => ({ [a]: i(r), [b]: j(r), [c]: k(r), [d]: l(r) })
  ],
  [
    ([a, b, c, d, e], [i, j, k, l, m]) => r => ({ [a]: i(r), [b]: j(r), [c]: k(r), [d]: l(r), [e]: m(r) }),
    ([a, b, c, d, e], [i, j, k, l, m]) => r => ({ [a]: i(r), [b]: j(r), [c]: k(r), [d]: l(r), [e]: m(r) }),
    ([a, b, c, d, e], [i, j, k, l, m]) => r => ({ [a]: i(r), [b]: j(r), [c]: k(r), [d]: l(r), [e]: m(r) }),
    ([a, b, c, d, e], [i, j, k, l, m]) => r => ({ [a]: i(r), [b]: j(r), [c]: k(r), [d]: l(r), [e]: m(r) }),
    ([a, b, c, d, e], [i, j, k, l, m]) => r => ({ [a]: i(r), [b]: j(r), [c]: k(r), [d]: l(r), [e]: m(r) }),
    ([a, b, c, d, e], [i, j, k, l, m]) => r => ({ [a]: i(r), [b]: j(r), [c]: k(r), [d]: l(r), [e]: m(r) }),
    ([a, b, c, d, e], [i, j, k, l, m]) => r => ({ [a]: i(r), [b]: j(r), [c]: k(r), [d]: l(r), [e]: m(r) }),
    ([a, b, c, d, e], [i, j, k, l, m]) => r => ({ [a]: i(r), [b]: j(r), [c]: k(r), [d]: l(r), [e]: m(r) })
  ],
  [
    ([a, b, c, d, e, f], [i, j, k, l, m, n]) => r => ({ [a]: i(r), [b]: j(r), [c]: k(r), [d]: l(r), [e]: m(r), [f]: n(r) }),
    ([a, b, c, d, e, f], [i, j, k, l, m, n]) => r => ({ [a]: i(r), [b]: j(r), [c]: k(r), [d]: l(r), [e]: m(r), [f]: n(r) }),
    ([a, b, c, d, e, f], [i, j, k, l, m, n]) => r => ({ [a]: i(r), [b]: j(r), [c]: k(r), [d]: l(r), [e]: m(r), [f]: n(r) }),
    ([a, b, c, d, e, f], [i, j, k, l, m, n]) => r => ({ [a]: i(r), [b]: j(r), [c]: k(r), [d]: l(r), [e]: m(r), [f]: n(r) }),
    ([a, b, c, d, e, f], [i, j, k, l, m, n]) => r => ({ [a]: i(r), [b]: j(r), [c]: k(r), [d]: l(r), [e]: m(r), [f]: n(r) }),
    ([a, b, c, d, e, f], [i, j, k, l, m, n]) => r => ({ [a]: i(r), [b]: j(r), [c]: k(r), [d]: l(r), [e]: m(r), [f]: n(r) })
  ],
  [
    ([a, b, c, d, e, f, g], [i, j, k, l, m, n, o]) => r => ({ [a]: i(r), [b]: j(r), [c]: k(r), [d]: l(r), [e]: m(r), [f]: n(r), [g]: o(r) }),
    ([a, b, c, d, e, f, g], [i, j, k, l, m, n, o]) => r => ({ [a]: i(r), [b]: j(r), [c]: k(r), [d]: l(r), [e]: m(r), [f]: n(r), [g]: o(r) }),
    ([a, b, c, d, e, f, g], [i, j, k, l, m, n, o]) => r => ({ [a]: i(r), [b]: j(r), [c]: k(r), [d]: l(r), [e]: m(r), [f]: n(r), [g]: o(r) }),
    ([a, b, c, d, e, f, g], [i, j, k, l, m, n, o]) => r => ({ [a]: i(r), [b]: j(r), [c]: k(r), [d]: l(r), [e]: m(r), [f]: n(r), [g]: o(r) })
  ],
  [
    ([a, b, c, d, e, f, g, h], [i, j, k, l, m, n, o, p]) => r => ({ [a]: i(r), [b]: j(r), [c]: k(r), [d]: l(r), [e]: m(r), [f]: n(r), [g]: o(r), [h]: p(r) }),
    ([a, b, c, d, e, f, g, h], [i, j, k, l, m, n, o, p]) => r => ({ [a]: i(r), [b]: j(r), [c]: k(r), [d]: l(r), [e]: m(r), [f]: n(r), [g]: o(r), [h]: p(r) }),
    ([a, b, c, d, e, f, g, h], [i, j, k, l, m, n, o, p]) => r => ({ [a]: i(r), [b]: j(r), [c]: k(r), [d]: l(r), [e]: m(r), [f]: n(r), [g]: o(r), [h]: p(r) }),
    ([a, b, c, d, e, f, g, h], [i, j, k, l, m, n, o, p]) => r => ({ [a]: i(r), [b]: j(r), [c]: k(r), [d]: l(r), [e]: m(r), [f]: n(r), [g]: o(r), [h]: p(r) })
  ]
]
