const TIME: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const SIZE: Readonly<Record<string, number>> = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 }

/** `10s`, `1.5m`, `500ms`, `250` (milliseconds) to milliseconds; `undefined` when it is none of these. */
export function parseDuration (text: string): number | undefined {
  return parse(text, TIME, 'ms')
}

/** `64KiB`, `5MiB`, `1000` (bytes) to bytes; `undefined` when it is none of these. */
export function parseBytes (text: string): number | undefined {
  return parse(text, SIZE, 'B')
}

/** A decimal u64, `0` to `18446744073709551615`; `undefined` when the text is anything else. */
export function parseU64 (text: string): bigint | undefined {
  if (!/^\d{1,20}$/.test(text)) return undefined
  const value = BigInt(text)
  return value >> 64n === 0n ? value : undefined
}

function parse (text: string, units: Readonly<Record<string, number>>, plain: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?) ?([a-z]*)$/i.exec(text)
  const factor = match === null ? undefined : units[match[2] === '' ? plain : match[2] as string]
  return match === null || factor === undefined ? undefined : Math.round(Number(match[1]) * factor)
}
