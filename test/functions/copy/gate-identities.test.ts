import { beforeAll, describe, expect, it } from "vitest";
import { parseConfiguration } from "../../../src/contract/configuration/configuration.ts";
import type { Digest } from "../../../src/oci/digest.ts";
import { documentOf } from "../../fixtures/configuration.ts";
import { attachSignature } from "../../fixtures/images/signed-image.ts";
import { startSigstore } from "../../fixtures/images/sigstore-instance.ts";
import type { IdentityForm, SigstoreInstance } from "../../fixtures/images/sigstore-instance.ts";
import { setUpConfiguration } from "./rules-fixture.ts";

const SUBJECT = "https://github.com/acme/shop/.github/workflows/release.yml@refs/tags/v1.2";
const ISSUER = "https://token.actions.githubusercontent.com";

let sigstore: SigstoreInstance;
beforeAll(async () => {
  sigstore = await startSigstore();
});

/** A rule whose images must be signed by workflows of one organization. */
function setUp() {
  const identities = [{ subject: "https://github.com/acme/**", issuer: ISSUER }];
  const rule = { repositories: ["**"], destinations: ["gar"], gate: { signatures: { identities } } };
  const trustedRoots = [{ name: "sigstore", root: sigstore.root }];
  const set = setUpConfiguration(parseConfiguration({ ...documentOf(rule), trustedRoots }));
  const signBy = async (digest: Digest, subject: string, form: IdentityForm): Promise<Digest> => {
    const bytes = set.fixture.source.manifests.get(digest)?.bytes ?? new Uint8Array();
    const found = await sigstore.sign({ digest, bytes }, { subject, issuer: ISSUER, form });
    return attachSignature(set.fixture.source, digest, found);
  };
  const checks = () => [...set.receipts.values()].at(-1)?.gate?.checks;
  return { ...set, signBy, checks };
}

describe("a gate that requires an identity", () => {
  it.each(["simple-signing", "statement", "message"] as const)(
    "lets an image out that it has signed (%s), with its signature; the receipt names identity and issuer",
    async (form) => {
      const { push, request, fixture, signBy, checks } = setUp();
      const signature = await signBy(push("v1"), SUBJECT, form);
      expect(await request("v1")).toMatchObject({ outcome: "replicated" });
      expect(fixture.target.manifests.has(signature)).toBe(true);
      expect(checks()).toEqual([
        { requirement: "signature", result: "met", detail: `identity "${SUBJECT}" of issuer "${ISSUER}"` },
      ]);
    },
  );

  it("keeps an image that someone else has signed; the receipt says who, and what is needed", async () => {
    const { push, request, fixture, signBy, time, checks } = setUp();
    const digest = push("v1");
    await signBy(digest, "https://github.com/acme-evil/x", "statement");
    await signBy(digest, "https://github.com/acme-evil/x", "simple-signing");
    expect(await request("v1")).toMatchObject({ outcome: "deferred", reason: "gate" });
    time.now += 5 * 3_600_000;
    expect(await request("v1")).toMatchObject({ outcome: "quarantined", reason: "unsigned" });
    expect(fixture.target.tags.size).toBe(0);
    expect(checks()).toEqual([
      {
        requirement: "signature",
        result: "missing",
        reason: "unsigned",
        detail: `2 signatures, none by a required signer: it is by identity "https://github.com/acme-evil/x" of issuer "${ISSUER}"; sign it with identity "https://github.com/acme/**" of issuer "${ISSUER}"`,
      },
    ]);
  });
});
