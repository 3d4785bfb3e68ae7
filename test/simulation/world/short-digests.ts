/** Shortens the digests in a line of a trace: their first characters suffice to tell them apart. */
export function shortDigests(text: string): string {
  return text.replaceAll(/sha256(?::|%3A|-)([0-9a-f]{6})[0-9a-f]{58}/g, "$1");
}
