import { createHash, X509Certificate } from "node:crypto";
import * as z from "zod";
import { readJson } from "../oci/json/bounded-json.ts";
import type { FoundSignature } from "../replication/gate/gate.ts";

/** An entry of the transparency log as cosign stores it: what the log has promised to hold (cosign, "Signature Specification", "Rekor Bundle"). */
const LogEntry = z.object({
  SignedEntryTimestamp: z.base64(),
  Payload: z.object({ body: z.base64(), integratedTime: z.int(), logIndex: z.int(), logID: z.hex() }),
});
const Kind = z.object({ kind: z.string(), apiVersion: z.string() });
const Timestamp = z.object({ SignedRFC3161Timestamp: z.base64() });

/**
 * A signature in cosign's older form as Sigstore's bundle in JSON. Undefined without a certificate. The certificate's chain is not read:
 * authorities are those of a trusted root.
 * @throws for malformed proofs.
 */
export function bundleOfAnnotations({
  payload,
  signature,
  certificate,
  logEntry,
  timestamp,
}: Extract<FoundSignature, { kind: "simple-signing" }>): object | undefined {
  if (certificate === undefined) return undefined;
  const rawBytes = new X509Certificate(certificate).raw.toString("base64");
  const rfc3161Timestamps =
    timestamp === undefined ? [] : [{ signedTimestamp: parse(Timestamp, timestamp).SignedRFC3161Timestamp }];
  return {
    mediaType: "application/vnd.dev.sigstore.bundle+json;version=0.1",
    verificationMaterial: {
      x509CertificateChain: { certificates: [{ rawBytes }] },
      tlogEntries: logEntry === undefined ? [] : [entryOf(logEntry)],
      timestampVerificationData: { rfc3161Timestamps },
    },
    messageSignature: {
      messageDigest: { algorithm: "SHA2_256", digest: createHash("sha256").update(payload).digest("base64") },
      signature,
    },
  };
}

function entryOf(text: string): object {
  const { SignedEntryTimestamp: signedEntryTimestamp, Payload } = parse(LogEntry, text);
  const { kind, apiVersion } = Kind.parse(readJson(Buffer.from(Payload.body, "base64")));
  return {
    logIndex: String(Payload.logIndex),
    logId: { keyId: Buffer.from(Payload.logID, "hex").toString("base64") },
    kindVersion: { kind, version: apiVersion },
    integratedTime: String(Payload.integratedTime),
    inclusionPromise: { signedEntryTimestamp },
    canonicalizedBody: Payload.body,
  };
}

function parse<T>(schema: z.ZodType<T>, text: string): T {
  return schema.parse(readJson(Buffer.from(text)));
}
