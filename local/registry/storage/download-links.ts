import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { isDigest } from "../../../src/oci/digest.ts";
import type { Digest } from "../../../src/oci/digest.ts";

/** Ids of download links. A link replaces a login: for one blob, for a limited time, and it cannot be forged. */
export interface DownloadLinks {
  sign(digest: Digest): string;
  /** The blob of an id; undefined when the id is forged or has expired. */
  read(id: string): Digest | undefined;
}

const LIFE_MS = 3_600_000;

export function createDownloadLinks(now: () => number = Date.now): DownloadLinks {
  const key = randomBytes(32);
  const signature = (text: string): Buffer => createHmac("sha256", key).update(text).digest();
  return {
    sign(digest) {
      const text = `${now() + LIFE_MS}/${digest}`;
      return Buffer.concat([signature(text), Buffer.from(text)]).toString("base64url");
    },
    read(id) {
      const bytes = Buffer.from(id, "base64url");
      const [mac, text] = [bytes.subarray(0, 32), bytes.subarray(32).toString()];
      if (mac.byteLength < 32 || !timingSafeEqual(mac, signature(text))) return undefined;
      const [end, digest = ""] = text.split("/");
      return Number(end) > now() && isDigest(digest) ? digest : undefined;
    },
  };
}
