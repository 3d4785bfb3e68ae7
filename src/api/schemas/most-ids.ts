/** Letters that one request names at most: about 40 kB. */
export const MOST_IDS = 1_000;
