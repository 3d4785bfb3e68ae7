import { beforeAll, describe, expect, it } from "vitest";
import { compileSubject } from "../../src/contract/gate/subject-pattern.ts";
import { digestOf } from "../../src/oci/digest.ts";
import type { FoundSignature, SignerIdentity } from "../../src/replication/gate/gate.ts";
import { createSignatureVerifier } from "../../src/signatures/signature-verifier.ts";
import { bundleOf, signingKey } from "../fixtures/images/signed-image.ts";
import { startSigstore } from "../fixtures/images/sigstore-instance.ts";
import type { IdentityForm, SigstoreInstance } from "../fixtures/images/sigstore-instance.ts";

const FORMS = ["simple-signing", "statement", "message"] as const satisfies readonly IdentityForm[];
const SUBJECT = "https://github.com/acme/shop/.github/workflows/release.yml@refs/heads/main";
const ISSUER = "https://token.actions.githubusercontent.com";
const OURS = { subject: SUBJECT, issuer: ISSUER };

const imageOf = (text: string) => {
  const bytes = new TextEncoder().encode(text);
  return { bytes, digest: digestOf(bytes) };
};
const image = imageOf("an image");
const verifier = createSignatureVerifier();

let sigstore: SigstoreInstance;
let other: SigstoreInstance;
beforeAll(async () => {
  [sigstore, other] = await Promise.all([startSigstore(), startSigstore()]);
});

function identity({ subject = SUBJECT, json }: { subject?: string; json?: object } = {}): SignerIdentity {
  const root = { name: "test", json: json ?? sigstore.root };
  return { subject, issuer: ISSUER, acceptsSubject: compileSubject(subject), root };
}

/** Who signed, or why it does not count. */
async function verdictOf(found: FoundSignature, ...identities: readonly SignerIdentity[]): Promise<string> {
  const required = identities.length === 0 ? [identity()] : identities;
  const verdict = await verifier.verify(found, image, { keys: [], identities: required });
  return verdict.kind === "accepted" ? `by ${verdict.signer}` : `refused: ${verdict.why}`;
}

/** A signature of which something was changed: the JSON of a bundle, or of the proofs in the older form. */
function changed(found: FoundSignature, from: RegExp | string, to: string): FoundSignature {
  if (found.kind === "bundle") return { kind: "bundle", bytes: Buffer.from(found.bytes.toString().replace(from, to)) };
  return { ...found, logEntry: found.logEntry?.replace(from, to) };
}

describe.each(FORMS)("a signature by an identity, as %s", (form) => {
  it.each(["log", "timestamp", "both"] as const)(
    "counts when it is by that subject, known to that issuer, and the proof of its time is: %s",
    async (proof) => {
      const withoutLog = { ...sigstore.root, tlogs: [] };
      const required = identity({ json: proof === "timestamp" ? withoutLog : sigstore.root });
      expect(await verdictOf(await sigstore.sign(image, { ...OURS, form, proof }), required)).toBe(
        `by identity "${SUBJECT}" of issuer "${ISSUER}"`,
      );
    },
  );

  it("does not count by another subject or another issuer, and it is said who signed", async () => {
    const stranger = SUBJECT.replace("acme", "acme-evil");
    expect(await verdictOf(await sigstore.sign(image, { ...OURS, subject: stranger, form }))).toBe(
      `refused: it is by identity "${stranger}" of issuer "${ISSUER}"`,
    );
    expect(await verdictOf(await sigstore.sign(image, { ...OURS, issuer: `${ISSUER}.evil.test`, form }))).toBe(
      `refused: it is by identity "${SUBJECT}" of issuer "${ISSUER}.evil.test"`,
    );
  });

  it("does not count with a certificate of another authority, or one that is in no log of certificates", async () => {
    expect(await verdictOf(await other.sign(image, { ...OURS, form }))).toContain("its certificate is of no authority");
    expect(await verdictOf(await sigstore.sign(image, { ...OURS, form, isLogged: false }))).toContain(
      "expected 1 SCTs, got 0",
    );
  });

  it("does not count after its certificate has expired, nor when nothing proves its time", async () => {
    expect(await verdictOf(await sigstore.sign(image, { ...OURS, form, afterMinutes: 11 }))).toMatch(
      /or was not valid when it signed .*certificate is not valid or expired/,
    );
    expect(await verdictOf(await sigstore.sign(image, { ...OURS, form, proof: "nothing" }))).toContain(
      "nothing that is trusted proves when it was made",
    );
  });

  it("does not count without an entry in the transparency log that the root names", async () => {
    expect(await verdictOf(await sigstore.sign(image, { ...OURS, form, proof: "timestamp" }))).toContain(
      "no transparency log has it",
    );
    const { tlogs } = other.root;
    const found = await sigstore.sign(image, { ...OURS, form });
    expect(await verdictOf(found, identity({ json: { ...sigstore.root, tlogs } }))).toContain(
      "the transparency log is another one",
    );
  });

  it("does not count for another image, however good it is", async () => {
    const found = await sigstore.sign(image, { ...OURS, form, says: imageOf("another image") });
    expect(await verdictOf(found)).toContain("refused: a signature of something else");
  });

  it("does not count when its entry in the log is of another time, or is about another signature", async () => {
    const found = await sigstore.sign(image, { ...OURS, form });
    expect(await verdictOf(changed(found, /"integratedTime":("?)\d{8}/, '"integratedTime":$119999999'))).toMatch(
      /^refused: /,
    );
    const again = await sigstore.sign(image, { ...OURS, form });
    const mixed = mixOf(found, again);
    expect(await verdictOf(mixed)).toContain("is about another signature");
  });
});

/** A signature with the log's entry of another one. */
function mixOf(found: FoundSignature, { ...entryOf }: FoundSignature): FoundSignature {
  if (found.kind === "simple-signing")
    return { ...found, ...(entryOf.kind === "bundle" ? {} : { logEntry: entryOf.logEntry }) };
  const [bundle, donor] = [found, entryOf].map((each) =>
    JSON.parse(each.kind === "bundle" ? each.bytes.toString() : "{}"),
  );
  bundle.verificationMaterial.tlogEntries = donor.verificationMaterial.tlogEntries;
  return { kind: "bundle", bytes: Buffer.from(JSON.stringify(bundle)) };
}

describe("what is not as it seems", () => {
  it("a changed signature or certificate does not count", async () => {
    const found = await sigstore.sign(image, { ...OURS, form: "statement" });
    const text = found.kind === "bundle" ? found.bytes.toString() : "";
    const { dsseEnvelope, verificationMaterial } = JSON.parse(text);
    const wrong = [
      text.replace(dsseEnvelope.signatures[0].sig, "AAAA"),
      text.replace(verificationMaterial.certificate.rawBytes, "AAAA"),
      text.replace('"certificate"', '"x"'),
      text.replace('"inclusionProof"', '"x"'),
    ];
    for (const each of wrong)
      expect(await verdictOf({ kind: "bundle", bytes: Buffer.from(each) })).toMatch(/^refused: /);
    const simple = await sigstore.sign(image, OURS);
    if (simple.kind === "bundle") throw new Error("it is in the older form");
    expect(await verdictOf({ ...simple, certificate: "no PEM" })).toContain("its proofs are malformed");
    expect(await verdictOf({ ...simple, logEntry: "{}" })).toContain("its proofs are malformed");
    expect(await verdictOf({ ...simple, signature: "AAAA" })).toMatch(/^refused: /);
  });

  it("a bundle with two contents does not count: a good one must not vouch for another", async () => {
    const [good, named] = await Promise.all([
      sigstore.sign(image, { ...OURS, form: "message", says: imageOf("another image") }),
      sigstore.sign(image, { ...OURS, form: "statement" }),
    ]);
    const both = [good, named].map((each) => JSON.parse(each.kind === "bundle" ? each.bytes.toString() : "{}"));
    for (const [one, two] of [both, both.toReversed()]) {
      expect(await verdictOf({ kind: "bundle", bytes: Buffer.from(JSON.stringify({ ...one, ...two })) })).toMatch(
        /^refused: /,
      );
      expect(await verdictOf({ kind: "bundle", bytes: Buffer.from(JSON.stringify({ ...two, ...one })) })).toMatch(
        /^refused: /,
      );
    }
  });

  it("a signature by a key does not count as one by an identity, and one by an identity does not count as one by a key", async () => {
    const key = signingKey();
    expect(await verdictOf({ kind: "bundle", bytes: bundleOf(image.digest, key) })).toContain("without a certificate");
    const found = await sigstore.sign(image, OURS);
    const keys = [{ id: "sha256:1", pem: key.pem }];
    expect(await verifier.verify(found, image, { keys, identities: [] })).toEqual({
      kind: "refused",
      why: "by none of the keys",
    });
  });

  it("each identity is verified by its own root: one instance cannot speak for another", async () => {
    const required = [identity({ subject: "https://github.com/other/**" }), identity({ json: other.root })];
    const verdict = await verdictOf(await sigstore.sign(image, OURS), ...required);
    expect(verdict).toContain(`it is by identity "${SUBJECT}"`);
    expect(verdict).toContain("its certificate is of no authority");
    expect(await verdictOf(await other.sign(image, OURS), ...required)).toMatch(/^by identity/);
  });
});
