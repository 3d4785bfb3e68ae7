import { createHash, createPublicKey } from "node:crypto";
import { describe, expect, it } from "vitest";
import { digestOf } from "../../src/oci/digest.ts";
import type { FoundSignature, Signers } from "../../src/replication/gate/gate.ts";
import { createSignatureVerifier } from "../../src/signatures/signature-verifier.ts";
import {
  bundleOf,
  messageBundleOf,
  payloadOf,
  signatureOf,
  signingKey,
  signingKeys,
} from "../fixtures/images/signed-image.ts";

const image = imageOf("an image");
const { digest } = image;
const verifier = createSignatureVerifier();
const key = signingKey();
const signersOf = (pem: string): Signers => ({ keys: [{ id: "sha256:1", pem }], identities: [] });

const simple = (payload: Uint8Array, by = key): FoundSignature => ({
  kind: "simple-signing",
  payload,
  signature: signatureOf(payload, by).toString("base64"),
});
const bundle = (bytes: Uint8Array): FoundSignature => ({ kind: "bundle", bytes });
/** Who made it; undefined when it does not count. */
async function signerOf(found: FoundSignature, pem = key.pem): Promise<string | undefined> {
  const verdict = await verifier.verify(found, image, signersOf(pem));
  return verdict.kind === "accepted" ? verdict.signer : undefined;
}

function imageOf(text: string) {
  const bytes = new TextEncoder().encode(text);
  return { bytes, digest: digestOf(bytes) };
}

describe("a signature of cosign", () => {
  it.each(Object.entries(signingKeys()))(
    "by a key of the kind %s is verified, and no other key has made it",
    async (_, own) => {
      for (const found of [
        simple(payloadOf(digest), own),
        bundle(bundleOf(digest, own)),
        bundle(messageBundleOf(image.bytes, own)),
      ]) {
        expect(await signerOf(found, own.pem)).toBe("key sha256:1");
        expect(await signerOf(found)).toBeUndefined();
      }
    },
  );

  it("counts only for the digest that it signs, and only as the signature of an image", async () => {
    const other = digestOf(new TextEncoder().encode("another"));
    const wrong = [
      simple(payloadOf(other)),
      simple(payloadOf(digest, "another type")),
      simple(new TextEncoder().encode("[]")),
      bundle(bundleOf(other, key)),
      bundle(messageBundleOf(new TextEncoder().encode("another"), key)),
      bundle(bundleOf(digest, key, "https://slsa.dev/provenance/v1")),
    ];
    for (const found of wrong) expect(await signerOf(found)).toBeUndefined();
  });

  it("does not count when a byte of what it signs, or of itself, is another one", async () => {
    const text = new TextDecoder().decode(bundleOf(digest, key));
    const { dsseEnvelope } = JSON.parse(text);
    const changed = Buffer.from(dsseEnvelope.payload, "base64").toString().replace('"predicate":{}', '"predicate":[]');
    const good = simple(payloadOf(digest));
    const wrong = [
      { ...good, payload: Buffer.concat([payloadOf(digest), Buffer.from(" ")]) },
      { ...good, signature: "AAAA" },
      { ...good, signature: "not base64" },
      bundle(Buffer.from(text.replace(dsseEnvelope.payload, Buffer.from(changed).toString("base64")))),
      bundle(Buffer.from(text.replace(dsseEnvelope.signatures[0].sig, "AAAA"))),
      bundle(Buffer.from("{}")),
      bundle(Buffer.from("not JSON")),
    ];
    for (const found of wrong) expect(await signerOf(found)).toBeUndefined();
  });
});

describe("the id of a key", () => {
  it("is the hash of the key itself", async () => {
    const { compileGate, GateDocument } = await import("../../src/contract/gate/gate-document.ts");
    const document = GateDocument.parse({ signatures: { keys: [{ pem: key.pem }] } });
    const gate = compileGate(document, "gate", { trustedRoots: [], problems: [] });
    const der = createPublicKey(key.pem).export({ type: "spki", format: "der" });
    expect(gate.signatures?.keys[0]?.id).toBe(`sha256:${createHash("sha256").update(der).digest("hex")}`);
  });
});
