import { createECDH, randomBytes } from "node:crypto";
import type { KeyObject } from "node:crypto";
import * as z from "zod";

/** The order of P-256 (FIPS 186-5 refers to SP 800-186, 3.2.1.3). */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const Jwk = z.object({ d: z.string() });

/**
 * An ECDSA signature on P-256 of a hash (FIPS 186-5, 6.4.1), in DER, as KMS makes it of a message of type DIGEST. Node signs messages only,
 * which it hashes itself. For the emulator: the arithmetic takes a time that depends on the key.
 */
export function signHash(hash: Uint8Array, key: KeyObject): Uint8Array {
  const secret = numberOf(Buffer.from(Jwk.parse(key.export({ format: "jwk" })).d, "base64url"));
  for (;;) {
    const nonce = numberOf(randomBytes(32));
    if (nonce === 0n || nonce >= ORDER) continue;
    const r = coordinateOf(nonce) % ORDER;
    const s = (inverse(nonce) * (numberOf(hash) + r * secret)) % ORDER;
    if (r !== 0n && s !== 0n) return sequence(Buffer.concat([integer(r), integer(s)]));
  }
}

/** The x coordinate of the point that is `factor` times the generator. */
function coordinateOf(factor: bigint): bigint {
  const curve = createECDH("prime256v1");
  curve.setPrivateKey(bytesOf(factor));
  return numberOf(curve.getPublicKey().subarray(1, 33));
}

/** By Fermat's little theorem: the order is prime. */
function inverse(value: bigint): bigint {
  let [result, base] = [1n, value % ORDER];
  for (let exponent = ORDER - 2n; exponent > 0n; exponent >>= 1n) {
    if ((exponent & 1n) === 1n) result = (result * base) % ORDER;
    base = (base * base) % ORDER;
  }
  return result;
}

function numberOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
}

function bytesOf(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(64, "0"), "hex");
}

/** An INTEGER of DER: without leading zeros, except one before a set sign bit. */
function integer(value: bigint): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
  const positive = (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes;
  return Buffer.concat([Buffer.from([0x02, positive.length]), positive]);
}

function sequence(content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x30, content.length]), content]);
}
