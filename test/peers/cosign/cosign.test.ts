import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { peerProgram } from "../../../bench/peers/programs.ts";
import { blobOf, imageOf } from "../../../local/images/image-content.ts";
import { pushImage } from "../../../local/images/push-image.ts";
import { NEVER } from "../../../src/async/abort.ts";
import { parseConfiguration } from "../../../src/contract/configuration/configuration.ts";
import { parseTag } from "../../../src/oci/reference.ts";
import { createConnections } from "../../../src/registry/http/connections.ts";
import { openGate } from "../../../src/replication/gate/open-gate.ts";
import { createSignatureVerifier } from "../../../src/signatures/signature-verifier.ts";
import { documentOf } from "../../fixtures/configuration.ts";
import { temporaryFolder } from "../../fixtures/processes/programs.ts";
import { testSource } from "../../fixtures/registry-client.ts";
import { scratchRegistry } from "../../fixtures/servers/scratch-registry.ts";
import { startSigstoreServer } from "./sigstore-server.ts";

const SUBJECT = "https://github.com/acme/shop/.github/workflows/release.yml@refs/heads/main";
const ISSUER = "https://issuer.test";
const START = "2020-01-01T00:00:00Z";
/** The older form, under a tag, and the newer one, a bundle as a referrer. */
const FORMS = { tag: ["--use-signing-config=false", "--new-bundle-format=false"], bundle: [] } as const;
type Form = keyof typeof FORMS;
const forms = ["tag", "bundle"] as const satisfies readonly Form[];

describe("cosign", () => {
  const parts = new AsyncDisposableStack();
  const connections = parts.use(createConnections());
  let folder = "";
  let host = "";
  let url = "";
  const inFolder = (name: string): string => join(folder, name);

  beforeAll(async () => {
    folder = parts.use(await temporaryFolder()).path;
    ({ host } = parts.use(await scratchRegistry()));
    const sigstore = parts.use(await startSigstoreServer());
    ({ url } = sigstore);
    for (const [name, pem] of Object.entries(sigstore.pem)) await writeFile(inFolder(`${name}.pem`), pem);
    await cosign("generate-key-pair");
    await createTrustedRoot();
    await writeFile(inFolder("offline.json"), signingConfig());
    await writeFile(inFolder("instance.json"), signingConfig(url));
  });
  afterAll(() => parts.disposeAsync());

  async function cosign(...args: readonly string[]): Promise<void> {
    const env = { PATH: process.env["PATH"], HOME: folder, TUF_ROOT: inFolder("tuf"), COSIGN_PASSWORD: "" };
    await promisify(execFile)(peerProgram("cosign"), args, { cwd: folder, env });
  }

  const sign = (reference: string, ...args: readonly string[]): Promise<void> =>
    cosign("sign", "--yes", "--allow-http-registry", ...args, reference);

  /** As the documents say: with the command that also fetches that of Sigstore. */
  function createTrustedRoot(): Promise<void> {
    return cosign(
      "trusted-root",
      "create",
      "--out=trusted_root.json",
      `--fulcio=url=${url},certificate-chain=authority.pem`,
      `--rekor=url=${url},public-key=log.pem,start-time=${START}`,
      `--ctfe=url=${url},public-key=ctLog.pem,start-time=${START}`,
    );
  }

  async function signWithKey(reference: string, form: Form): Promise<void> {
    const offline = form === "tag" ? "--tlog-upload=false" : "--signing-config=offline.json";
    await sign(reference, "--key", "cosign.key", ...FORMS[form], offline);
  }

  async function signAs(subject: string, reference: string, form: Form): Promise<void> {
    const services =
      form === "tag" ? [`--fulcio-url=${url}`, `--rekor-url=${url}`] : ["--signing-config=instance.json"];
    const token = ["--identity-token", tokenOf(subject), "--trusted-root", "trusted_root.json"];
    await sign(reference, ...FORMS[form], ...services, ...token);
  }

  /** Pushes an image of its own. */
  async function push(repository: string): Promise<string> {
    const layer = blobOf(new TextEncoder().encode(repository), "application/vnd.oci.image.layer.v1.tar");
    const image = imageOf([layer], { os: "linux", architecture: "amd64" });
    await pushImage(image, { registry: host, repository, tag: "v1" }, NEVER);
    return `${host}/${repository}@${image.root.descriptor.digest}`;
  }

  /** What the gate of a rule finds out about the signatures of an image. */
  async function checkOf(repository: string, signatures: object) {
    const rule = { repositories: ["**"], destinations: ["gar"], gate: { signatures } };
    const root: unknown = JSON.parse(await readFile(inFolder("trusted_root.json"), "utf8"));
    const document = { ...documentOf({ repositories: ["**"], destinations: ["gar"] }), rules: [rule] };
    const { rules, version } = parseConfiguration({ ...document, trustedRoots: [{ name: "test", root }] });
    const source = testSource({ host, repository }, connections);
    const reference = parseTag("v1");
    const manifest = await source.readManifest(reference, NEVER);
    const [gate] = rules.map((each) => each.gate);
    if (manifest === undefined || gate === undefined) throw new Error("there is no image, or no gate");
    const ports = { verifier: createSignatureVerifier(), readScan: () => Promise.reject(new Error("no gate asks")) };
    const [check] = await openGate(gate, { repository, reference, source, configuration: version }, ports).check(
      manifest,
      NEVER,
    );
    return check;
  }

  const withKey = async () => ({ keys: [{ name: "release", pem: await readFile(inFolder("cosign.pub"), "utf8") }] });
  const identities = [{ subject: "https://github.com/acme/**", issuer: ISSUER }];

  it.each(forms)("signs with a key (%s), and the gate lets that image out, and no unsigned one", async (form) => {
    const repository = `key-${form}`;
    const reference = await push(repository);
    expect(await checkOf(repository, await withKey())).toMatchObject({ result: "missing", reason: "unsigned" });
    await signWithKey(reference, form);
    expect(await checkOf(repository, await withKey())).toMatchObject({
      result: "met",
      detail: expect.stringMatching(/^key release \(sha256:/),
    });
    expect(await checkOf(repository, { identities })).toMatchObject({ result: "missing" });
  });

  it.each(forms)("signs without a key (%s), and the gate lets that image out, and none of a stranger", async (form) => {
    const repository = `identity-${form}`;
    const reference = await push(repository);
    await signAs("https://github.com/acme-evil/shop", reference, form);
    expect(await checkOf(repository, { identities })).toMatchObject({
      result: "missing",
      detail: expect.stringContaining('it is by identity "https://github.com/acme-evil/shop" of issuer'),
    });
    await signAs(SUBJECT, reference, form);
    expect(await checkOf(repository, { identities })).toMatchObject({
      result: "met",
      detail: `identity "${SUBJECT}" of issuer "${ISSUER}"`,
    });
    expect(await checkOf(repository, await withKey())).toMatchObject({ result: "missing" });
  });
});

/** Which services cosign asks: none, or those of an instance. */
function signingConfig(url?: string): string {
  const service = { url, majorApiVersion: 1, validFor: { start: START }, operator: "test" };
  const services = url === undefined ? [] : [service];
  return JSON.stringify({
    mediaType: "application/vnd.dev.sigstore.signingconfig.v0.2+json",
    caUrls: services,
    oidcUrls: [],
    rekorTlogUrls: services,
    rekorTlogConfig: { selector: "ANY" },
    tsaUrls: [],
    tsaConfig: { selector: "ANY" },
  });
}

/** A token that no one has signed: the authority of the test believes it. */
function tokenOf(subject: string): string {
  const seconds = Math.floor(Date.now() / 1_000);
  const claims = { iss: ISSUER, sub: subject, aud: "sigstore", iat: seconds, exp: seconds + 600 };
  const encoded = [{ alg: "RS256", typ: "JWT" }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString("base64url"),
  );
  return [...encoded, Buffer.from("nothing").toString("base64url")].join(".");
}
