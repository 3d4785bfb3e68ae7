import { createHash, createHmac } from "node:crypto";

const PREFIX = "whsec_";
/** The length of a secret that the specification allows, in bytes. */
const SECRET_BYTES = { least: 24, most: 64 };

/**
 * Keys that sign a webhook: one or several, separated by white space, each `whsec_` and base64 (Standard Webhooks, "Symmetric: HMAC-SHA256").
 * With several, receivers accept a signature by any of them, so a key can be replaced without a gap.
 * @returns undefined when the text is no such list.
 */
export function readSigningKeys(text: string): Buffer[] | undefined {
  const written = text.trim().split(/\s+/);
  const keys = written.flatMap((each) => {
    const encoded = each.startsWith(PREFIX) ? each.slice(PREFIX.length) : "";
    const key = Buffer.from(encoded, "base64");
    const isWhole = key.byteLength >= SECRET_BYTES.least && key.byteLength <= SECRET_BYTES.most;
    return isWhole && key.toString("base64") === encoded ? [key] : [];
  });
  return keys.length === written.length ? keys : undefined;
}

/**
 * The headers of a signed webhook (Standard Webhooks, "Webhook Headers"): id, time and signatures of both with the body.
 * @param message its id; the header has a hash of it, because names have dots, which separate what is signed.
 * @param now epoch milliseconds.
 */
export function signatureHeaders(message: string, body: string, keys: readonly Buffer[], now: number) {
  const id = `msg_${createHash("sha256").update(message).digest("base64url")}`;
  const seconds = Math.floor(now / 1_000);
  const signed = `${id}.${seconds}.${body}`;
  const signatures = keys.map((key) => `v1,${createHmac("sha256", key).update(signed).digest("base64")}`);
  return {
    "webhook-id": id,
    "webhook-timestamp": String(seconds),
    ...(signatures.length === 0 ? {} : { "webhook-signature": signatures.join(" ") }),
  };
}
