import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ExitCode } from "../../cli/errors/exit-code.ts";
import { failureLines, failureOf } from "../../cli/terminal/failure.ts";
import { run } from "../../cli/run.ts";
import { imageOf, indexOf, layer } from "../../local/images/image-content.ts";
import { pushImage } from "../../local/images/push-image.ts";
import type { AccessPolicy, ManifestPolicy } from "../../local/registry/profiles/profile.ts";
import { ErrorResponse } from "../../local/registry/protocol/error-response.ts";
import { RegistryError } from "../../src/oci/errors/registry-error.ts";
import type { RegistryFailure } from "../../src/oci/errors/registry-error.ts";
import { scratchRegistry } from "../fixtures/servers/scratch-registry.ts";
import { captureTerminal } from "../fixtures/processes/terminal.ts";

const signal = AbortSignal.timeout(600_000);
const image = imageOf([layer("a", 1_000)], { os: "linux", architecture: "amd64" });
const other = imageOf([layer("b", 1_000)], { os: "linux", architecture: "arm64" });

/** The output lines of a copy that cannot succeed, with the registries' addresses and digests replaced. */
async function said(source: string, target: string, ...options: string[]): Promise<readonly [ExitCode, string[]]> {
  const { terminal, err } = captureTerminal({ quiet: true });
  const code = await run(["copy", source, target, "--quiet", ...options], terminal, signal);
  const hosts = new Map(
    [source, target].map((place, index) => [place.split("/")[0] ?? "", index === 0 ? "SOURCE" : "TARGET"]),
  );
  let text = err().replaceAll(/sha256:[0-9a-f]{64}/g, "DIGEST");
  for (const [host, name] of hosts) text = text.replaceAll(host, name);
  return [code, text.trimEnd().split("\n")];
}

describe("the message of a failed copy", () => {
  const parts = new AsyncDisposableStack();
  let source: string;
  const registry = async (
    access: Partial<AccessPolicy> = {},
    manifests: Partial<ManifestPolicy> = {},
  ): Promise<string> => parts.use(await scratchRegistry(access, manifests)).host;
  const refusing = (method: string, refusal: ErrorResponse): Partial<AccessPolicy> => ({
    authorize: (request) => (request.method === method ? refusal : undefined),
  });

  beforeAll(async () => {
    source = await registry();
    await pushImage(image, { registry: source, repository: "app", tag: "v1" }, signal);
  });
  afterAll(() => parts.disposeAsync());

  it("because nothing listens at the address", async () => {
    expect(await said("127.0.0.1:1/app:v1", `${source}/b`)).toEqual([
      ExitCode.failed,
      [
        "freightliner: cannot look up SOURCE/app:v1: nothing listens at SOURCE (ECONNREFUSED)",
        "  check the registry's name and port, and that it runs",
      ],
    ]);
  });

  it("because there is no such image", async () => {
    expect(await said(`${source}/app:v9`, "127.0.0.1:2/b")).toEqual([
      ExitCode.notFound,
      ["freightliner: SOURCE/app:v9 does not exist; check the name, the tag and your login"],
    ]);
  });

  it("because a login is missing", async () => {
    const challenge = { headers: { "www-authenticate": 'Basic realm="x"' } };
    const closed = await registry(refusing("GET", new ErrorResponse(401, "UNAUTHORIZED", "who are you?", challenge)));
    expect(await said(`${closed}/app:v1`, `${source}/b`)).toEqual([
      ExitCode.failed,
      [
        "freightliner: cannot look up SOURCE/app:v1: the registry answered HTTP 401 UNAUTHORIZED who are you?",
        '  log in with "freightliner login SOURCE", as a user who may pull there',
      ],
    ]);
  });

  it("because a login may not push", async () => {
    const target = await registry(refusing("POST", new ErrorResponse(403, "DENIED", "readers do not push")));
    expect(await said(`${source}/app:v1`, `${target}/b`)).toEqual([
      ExitCode.failed,
      [
        "freightliner: cannot start the upload of blob TARGET/b@DIGEST: the registry answered HTTP 403 DENIED readers do not push",
        "  ask for the permission to push there, or log in as a user who has it",
      ],
    ]);
  });

  it("because the repository has to be created first", async () => {
    const target = await registry(refusing("POST", new ErrorResponse(404, "NAME_UNKNOWN", "no repository b")));
    expect((await said(`${source}/app:v1`, `${target}/b`))[1]).toEqual([
      "freightliner: cannot start the upload of blob TARGET/b@DIGEST: the registry answered HTTP 404 NAME_UNKNOWN no repository b",
      "  create the repository first, or check its name",
    ]);
  });

  it("because a tag cannot move", async () => {
    const target = await registry({}, { immutableTags: true });
    await pushImage(other, { registry: target, repository: "b", tag: "v1" }, signal);
    const [code, lines] = await said(`${source}/app:v1`, `${target}/b`);
    expect(code).toBe(ExitCode.failed);
    expect(lines).toEqual([
      expect.stringMatching(/^freightliner: cannot put TARGET\/b:v1: .*; the tag names another image there/),
    ]);
  });

  it("because a manifest is too large for the proxy in front of the registry", async () => {
    const refusal = new ErrorResponse(413, "SIZE_INVALID", "request entity too large");
    const target = await registry({
      authorize: ({ method, url }) => (method === "PUT" && url?.includes("/manifests/") ? refusal : undefined),
    });
    expect((await said(`${source}/app:v1`, `${target}/b`))[1]).toEqual([
      "freightliner: cannot put TARGET/b:v1: the registry answered HTTP 413 SIZE_INVALID request entity too large",
      "  the registry, or a proxy in front of it, accepts no body of this size; raise its limit",
    ]);
  });

  it("because the source lacks platforms of an index", async () => {
    const sparse = await registry();
    await pushImage(indexOf([image, other]), { registry: sparse, repository: "app", tag: "v1" }, signal);
    const url = `http://${sparse}/v2/app/manifests/${other.root.descriptor.digest}`;
    expect((await fetch(url, { method: "DELETE" })).status).toBe(202);
    const [code, lines] = await said(`${sparse}/app:v1`, `${source}/b`);
    expect([code, lines]).toEqual([
      ExitCode.failed,
      [expect.stringMatching(/^freightliner: the source does not have DIGEST.*--platform.*--sparse keep/)],
    ]);
  });

  it("because no platform matches the requested one", async () => {
    expect(await said(`${source}/app:v1`, `${source}/b`, "--platform", "windows/amd64")).toMatchObject([
      ExitCode.notFound,
      [expect.stringContaining("app:v1 has no windows/amd64; it has linux/amd64")],
    ]);
  });
});

describe("the message of a failure", () => {
  const occasion: RegistryFailure = {
    side: "target",
    operation: "put-blob",
    category: "deferred",
    subject: "r.test/app@sha256:1",
  };
  const lines = (problem: string, more: Partial<RegistryFailure> = {}, options?: ErrorOptions): string[] =>
    failureLines(failureOf(new RegistryError({ ...occasion, ...more }, problem, options)));

  it.each([
    ["ENOTFOUND getaddrinfo ENOTFOUND r.test", "there is no host r.test (ENOTFOUND)", "check the registry's name"],
    [
      "EAI_AGAIN getaddrinfo EAI_AGAIN r.test",
      "the address of r.test cannot be looked up (EAI_AGAIN)",
      "check the network",
    ],
    [
      "DEPTH_ZERO_SELF_SIGNED_CERT self-signed certificate",
      "the certificate of r.test is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT)",
      "trust its authority with --ca-file",
    ],
    [
      "UND_ERR_HEADERS_TIMEOUT Headers Timeout Error",
      "r.test accepted a request and did not respond",
      "run the command again",
    ],
    ["StallError 4 bytes in 15 s", "r.test stopped answering (4 bytes in 15 s)", "run the command again later"],
    ["ERR_SSL_WRONG_VERSION_NUMBER C0:error:0A00010B:SSL", "r.test does not speak TLS", "check the port"],
  ])("of the network is in words, not in those of a library: %s", (problem, said, next) => {
    const [first, second] = lines(problem);
    expect(first).toBe(`freightliner: cannot send the blob r.test/app@sha256:1: ${said}`);
    expect(second).toContain(next);
  });

  it.each([
    [429, "HTTP 429 TOOMANYREQUESTS slow down", "limits requests"],
    [500, "HTTP 500 internal error", "the registry failed"],
    [503, "HTTP 503 UNAVAILABLE", "the registry failed"],
  ])("of status %d has the registry's words, and what to do", (status, problem, next) => {
    expect(lines(problem, { status })).toEqual([
      `freightliner: cannot send the blob r.test/app@sha256:1: the registry answered ${problem}`,
      expect.stringContaining(next),
    ]);
  });

  it("repeats nothing, also when the cause has the same text", () => {
    const cause = new Error("connect EHOSTUNREACH 10.0.0.1:443");
    expect(lines("EHOSTUNREACH connect EHOSTUNREACH 10.0.0.1:443", {}, { cause })).toEqual([
      "freightliner: cannot send the blob r.test/app@sha256:1: connect EHOSTUNREACH 10.0.0.1:443",
    ]);
  });

  it("reports a bug of the program as such", () => {
    const [first, second] = failureLines(failureOf(new TypeError("x is undefined")));
    expect(first).toBe("freightliner: a bug in freightliner: x is undefined");
    expect(second).toContain("report it");
  });
});
