import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ExitCode } from "../../../cli/errors/exit-code.ts";
import { run } from "../../../cli/run.ts";
import { imageOf, layer, withReferrer } from "../../../local/images/image-content.ts";
import { pushImage } from "../../../local/images/push-image.ts";
import type { AccessPolicy } from "../../../local/registry/profiles/profile.ts";
import { ErrorResponse } from "../../../local/registry/protocol/error-response.ts";
import { scratchRegistry } from "../../fixtures/servers/scratch-registry.ts";
import { captureTerminal } from "../../fixtures/processes/terminal.ts";

const signal = AbortSignal.timeout(600_000);
const plain = imageOf([layer("a", 1_000)], { os: "linux", architecture: "amd64" });
const image = withReferrer(plain, "application/vnd.example.scan", new TextEncoder().encode("fine"));
const { digest } = image.root.descriptor;
const base = layer("w", 1_000);
const mediaType = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip";
const foreign = { ...base, descriptor: { ...base.descriptor, mediaType } };
const windows = imageOf([foreign], { os: "windows", architecture: "amd64" });

/** A registry that refuses to list referrers. */
const silent: Partial<AccessPolicy> = {
  authorize: ({ url }) =>
    url?.includes("/referrers/") === true ? new ErrorResponse(403, "DENIED", "not for you") : undefined,
};

async function ran(args: readonly string[]) {
  const { terminal, out } = captureTerminal({});
  const code = await run(args, terminal, signal);
  return { code, out: out() };
}

describe("a comparison of an image and its copy", () => {
  const parts = new AsyncDisposableStack();
  let open: string;
  let closed: string;

  beforeAll(async () => {
    const hosts = [parts.use(await scratchRegistry()).host, parts.use(await scratchRegistry(silent)).host] as const;
    [open, closed] = hosts;
    for (const registry of hosts) {
      await pushImage(image, { registry, repository: "app", tag: "v1" }, signal);
      await pushImage(windows, { registry, repository: "app", tag: "windows" }, signal);
    }
  });
  afterAll(() => parts.disposeAsync());

  it.each([
    ["source", () => [`${closed}/app:v1`, `${open}/app:v1`]],
    ["target", () => [`${open}/app:v1`, `${closed}/app:v1`]],
  ] as const)("does not call them equal when the %s does not list the attachments", async (_, places) => {
    const { code, out } = await ran(["verify", ...places()]);
    const lines = out.trimEnd().split("\n");
    expect(code).toBe(ExitCode.failed);
    expect(lines[0]).toContain(`not compared: attachments of ${digest}: `);
    expect(lines[0]).toContain("HTTP 403 DENIED not for you");
    expect(lines.at(-1)).toMatch(/ may differ: \d items? could not be compared; /);
    expect(out).not.toContain("are equal");
    const { code: again, out: json } = await ran(["verify", ...places(), "--json"]);
    expect([again, JSON.parse(json)]).toMatchObject([
      ExitCode.failed,
      { equal: false, differences: [], notCompared: [{ kind: "attachments", digest }] },
    ]);
  });

  it("reports differences beside unknown content", async () => {
    const { code, out } = await ran(["verify", `${closed}/app:v1`, `${open}/app:windows`]);
    expect(code).toBe(ExitCode.failed);
    expect(out).toMatch(/ differ: 1 difference, and 1 item could not be compared; /);
  });

  it("skips the layers that no copy includes, and names them", async () => {
    const places = [`${open}/app:windows`, `${open}/other:windows`];
    await ran(["copy", ...places]);
    const { code, out } = await ran(["verify", ...places]);
    expect(code).toBe(ExitCode.ok);
    expect(out).toContain(`not compared: layer ${base.descriptor.digest}: `);
    expect(out).toContain(" are equal; ");
  });

  it("reports them as equal when attachments are not compared", async () => {
    const { code, out } = await ran(["verify", `${closed}/app:v1`, `${open}/app:v1`, "--no-referrers", "--json"]);
    expect([code, JSON.parse(out)]).toMatchObject([ExitCode.ok, { equal: true, notCompared: [] }]);
  });
});
