/** The known word closest to a misspelled one; undefined when more than a third of the letters differ. */
export function didYouMean(word: string, known: readonly string[]): string | undefined {
  const near = known.map((each) => ({ each, distance: distanceOf(word.toLowerCase(), each.toLowerCase()) }));
  const [best] = near.toSorted((a, b) => a.distance - b.distance);
  return best !== undefined && best.distance <= Math.max(word.length, best.each.length) / 3 ? best.each : undefined;
}

/** The Levenshtein distance. */
function distanceOf(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [index, letter] of Array.from(from).entries()) {
    const next = [index + 1];
    for (const [other, wanted] of Array.from(to).entries()) {
      const changed = (row[other] ?? 0) + (letter === wanted ? 0 : 1);
      next.push(Math.min((next[other] ?? 0) + 1, (row[other + 1] ?? 0) + 1, changed));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
