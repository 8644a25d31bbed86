/** Longest line that a list or an object may share. */
const WIDTH = 96

/** JSON for a person: indented by two, but what fits on one line stands on one. */
export function prettyJson (value: unknown): string {
  return render(value, '', 0)
}

function render (value: unknown, indent: string, before: number): string {
  const line = inline(value)
  if (indent.length + before + line.length <= WIDTH || typeof value !== 'object' || value === null) return line
  const deeper = `${indent}  `
  const isList = Array.isArray(value)
  const items = isList
    ? value.map(item => deeper + render(item, deeper, 1))
    : members(value).map(([key, item]) => `${deeper}${JSON.stringify(key)}: ${render(item, deeper, key.length + 5)}`)
  return `${isList ? '[' : '{'}\n${items.join(',\n')}\n${indent}${isList ? ']' : '}'}`
}

function inline (value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? '[]' : `[${value.map(inline).join(', ')}]`
  if (typeof value === 'bigint') return `"${value}"`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const list = members(value)
  return list.length === 0 ? '{}' : `{ ${list.map(([key, item]) => `${JSON.stringify(key)}: ${inline(item)}`).join(', ')} }`
}

function members (value: object): Array<[string, unknown]> {
  return Object.entries(value).filter(([, item]) => item !== undefined)
}
