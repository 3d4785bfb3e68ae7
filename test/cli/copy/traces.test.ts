import { expect, it } from "vitest";
import { ExitCode } from "../../../cli/errors/exit-code.ts";
import { run } from "../../../cli/run.ts";
import { imageOf, layer } from "../../../local/images/image-content.ts";
import { pushImage } from "../../../local/images/push-image.ts";
import { captureTerminal } from "../../fixtures/processes/terminal.ts";
import { startOtlpReceiver } from "../../fixtures/servers/otlp-receiver.ts";
import { scratchRegistry } from "../../fixtures/servers/scratch-registry.ts";

const signal = AbortSignal.timeout(600_000);

/** Copies all tags of a repository with two of them, each with a layer of its own. */
async function copyTwo(endpoint: string | undefined) {
  await using source = await scratchRegistry();
  await using target = await scratchRegistry();
  for (const tag of ["v1", "v2"]) {
    const image = imageOf([layer(tag, 2_000)], { os: "linux", architecture: "amd64" });
    await pushImage(image, { registry: source.host, repository: "app", tag }, signal);
  }
  const { terminal, err } = captureTerminal();
  const environment = { ...terminal.environment, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint };
  const args = ["copy", "--all-tags", `${source.host}/app`, `${target.host}/app`];
  return { code: await run(args, { ...terminal, environment }, signal), err: err() };
}

it("each copy of the command is a trace of its own, where its environment names a collector", async () => {
  await using receiver = await startOtlpReceiver();
  expect((await copyTwo(receiver.endpoint)).code).toBe(ExitCode.ok);
  const copies = receiver.spans.filter(({ name }) => name === "copy");
  expect(new Set(copies.map(({ traceId }) => traceId)).size).toBe(2);
  for (const copy of copies) {
    expect(copy).not.toHaveProperty("parentSpanId");
    expect(copy.attributes).toMatchObject({ "freightliner.source": expect.stringMatching(/app:v[12]$/) });
    expect(copy.attributes["freightliner.outcome"]).toBe("copied");
    const below = receiver.spans.filter(({ parentSpanId }) => parentSpanId === copy.spanId);
    expect(below.map(({ name }) => name).toSorted()).toEqual(["blob", "blob", "publish", "read"]);
    expect(new Set(below.map(({ traceId }) => traceId))).toEqual(new Set([copy.traceId]));
    expect(copy.resource).toEqual({ "service.name": "freightliner-command" });
  }
});

it("a collector that is away loses the spans of a run, and no image", async () => {
  await using receiver = await startOtlpReceiver("failing");
  const { code, err } = await copyTwo(receiver.endpoint);
  expect(code).toBe(ExitCode.ok);
  expect(err).toMatch(/Spans were lost: .*it answered 500/);
  expect((await copyTwo(undefined)).err).not.toContain("Spans");
});
