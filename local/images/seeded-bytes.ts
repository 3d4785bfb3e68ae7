import { createCipheriv, createHash } from "node:crypto";

/**
 * Pseudorandom bytes that do not compress and depend only on the seed: an AES-CTR keystream, the fastest source of such
 * bytes that Node has. Each chunk is a buffer of its own.
 */
export function* seededBytes(seed: string, size: number, chunkBytes: number = 1024 * 1024): Generator<Uint8Array> {
  const key = createHash("sha256").update(seed).digest();
  const stream = createCipheriv("aes-256-ctr", key, Buffer.alloc(16));
  const zeros = Buffer.alloc(Math.min(chunkBytes, size));
  for (let left = size; left > 0; left -= chunkBytes)
    yield stream.update(left >= chunkBytes ? zeros : zeros.subarray(0, left));
}
