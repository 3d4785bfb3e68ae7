/** The files that a page of the console loads, by their paths. */
export function filesOf(page: string): string[] {
  return [...page.matchAll(/(?:src|href)="\.\/([^"]+)"/g)].map(([, path = ""]) => path);
}
