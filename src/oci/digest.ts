import { createHash } from "node:crypto";
import type { Hash } from "node:crypto";
import { FormatError } from "./errors/format-error.ts";
import { quoted } from "./errors/quoted.ts";

/** Content identifier `algorithm:hex` (image-spec, descriptor.md "Digests"). */
export type Digest = `${DigestAlgorithm}:${string}`;

/** The registered algorithms (image-spec, descriptor.md "Registered Algorithms") and their hex lengths. */
const HEX_LENGTH = { sha256: 64, sha512: 128 } as const;
export type DigestAlgorithm = keyof typeof HEX_LENGTH;

const DIGEST = /^(sha256|sha512):([a-f0-9]+)$/;

/** True when the text is a digest of a registered algorithm with exactly its number of lower-case hex digits. */
export function isDigest(text: string): text is Digest {
  const algorithm = DIGEST.exec(text)?.[1];
  if (algorithm !== "sha256" && algorithm !== "sha512") return false;
  return text.length === algorithm.length + 1 + HEX_LENGTH[algorithm];
}

/** @throws {FormatError} naming `field` when the text is not a digest of a registered algorithm. */
export function parseDigest(text: string, field = "digest"): Digest {
  if (isDigest(text)) return text;
  throw new FormatError(field, `${quoted(text)} is not a sha256 or sha512 digest`);
}

export function algorithmOf(digest: Digest): DigestAlgorithm {
  return digest.startsWith("sha512:") ? "sha512" : "sha256";
}

/** The digest's hex part. */
export function hexOf(digest: Digest): string {
  return digest.slice(digest.indexOf(":") + 1);
}

/** The digest of bytes in memory (manifests). Blobs are hashed while they stream: {@link createHasher}. */
export function digestOf(bytes: Uint8Array, algorithm: DigestAlgorithm = "sha256"): Digest {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest("hex")}`;
}

/** A hash in the algorithm of the expected digest. */
export function createHasher(expected: Digest): Hash {
  return createHash(algorithmOf(expected));
}
