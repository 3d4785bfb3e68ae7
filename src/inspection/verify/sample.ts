import { createHash } from "node:crypto";

const HASHES = 2 ** 32;

/** Selects about `percent` of all names. The seed decides which: the same seed selects the same, another one others. */
export function createSample(percent: number, seed: string): (name: string) => boolean {
  if (percent >= 100) return () => true;
  const most = (percent / 100) * HASHES;
  return (name) => createHash("sha256").update(`${seed}\n${name}`).digest().readUInt32BE(0) < most;
}
