/** Hexadecimal as people copy it: `0x` before it is dropped. */
export function hexArgument (text: string): string {
  return text.replace(/^0x/i, '')
}
