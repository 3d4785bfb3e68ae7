/** Digests in a trace are told apart by their first characters. */
export function short(subject: string): string {
  return subject.replaceAll(/sha256(?::|%3A|-)([0-9a-f]{6})[0-9a-f]{58}/g, "$1");
}
