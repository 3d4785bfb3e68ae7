import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { imageOf, layer } from "../../../local/images/image-content.ts";
import type { ImageContent } from "../../../local/images/image-content.ts";
import { pushImage } from "../../../local/images/push-image.ts";
import { specificationProfile } from "../../../local/registry/profiles/specification.ts";
import { openRegistryFiles, startRegistry } from "../../../local/registry/registry-server.ts";
import { verifyTag } from "../../../local/verify.ts";
import type { ImageSource } from "../../../src/oci/image-source.ts";
import { parseTag } from "../../../src/oci/reference.ts";
import { createRegistrySource } from "../../../src/registry/registry-source.ts";
import { createRegistryTarget } from "../../../src/registry/registry-target.ts";
import type { CopyReport } from "../../../src/replication/outcome/copy-report.ts";
import { concurrently } from "../../../src/async/run-concurrently.ts";
import { replicateTag } from "../../../src/replication/copy/replicate-tag.ts";
import { createConnections } from "../../../src/registry/http/connections.ts";
import { temporaryFolder } from "../../fixtures/processes/programs.ts";
import { testEndpoint, testSource } from "../../fixtures/registry-client.ts";
import { anotherDelivery, copyRequest, replicateFixture } from "../../fixtures/replicate-context.ts";
import { startFaultProxy } from "../../fixtures/servers/fault-proxy.ts";
import type { FaultProxy } from "../../fixtures/servers/fault-proxy.ts";
import { seeded } from "../../fixtures/seeded.ts";
import { makeCertificates } from "../../fixtures/servers/certificates.ts";
import type { Certificates } from "../../fixtures/servers/certificates.ts";
import type { Endpoint } from "../../../src/registry/client/endpoint.ts";
import { AUTHORIZATION_FAULTS } from "./authorization-faults.ts";
import { CONNECTION_FAULTS } from "./connection-faults.ts";
import type { Fault, Resends } from "./fault.ts";
import { SOURCE_FAULTS } from "./source-faults.ts";
import { TARGET_FAULTS } from "./target-faults.ts";

/** Copies of each row, all concurrent. */
const SEEDS = 10;
/** Maximum number of deliveries of a request: the queue would need minutes for them. */
const MAX_DELIVERIES = 8;
/** Shorter than in production, and longer than the pauses of a busy machine: those would send a blob twice. */
const PATIENCE = {
  silenceMs: 1_000,
  floorBytes: 64 * 1024,
  floorMs: 1_000,
  unreadMs: 4_000,
  answerMs: 4_000,
  commitMs: 4_000,
  headMs: 4_000,
  wholeMs: 4_000,
  restMs: 200,
};
/** For rows that break no upload: a source that a busy machine makes silent would break one. */
const UPLOADS_PATIENCE = { ...PATIENCE, silenceMs: 3_000, unreadMs: 60_000, answerMs: 60_000, commitMs: 60_000 };
const never = new AbortController().signal;
const tag = parseTag("v1");

type Seen = Pick<Fault, "id" | "side" | "what" | "ends" | "resends">;
const seen: Seen[] = [];

const AMD64 = { os: "linux", architecture: "amd64" };
let image: ImageContent;
let certificates: Certificates;
let hosts: { source: string; target: string };
const close: (() => PromiseLike<void>)[] = [];

beforeAll(async () => {
  image = imageOf([layer("fault-1", 200_000), layer("fault-2", 70_000), layer("fault-3", 3_000)], AMD64);
  const start = async (): Promise<string> => {
    const folder = await temporaryFolder();
    const server = await startRegistry({
      directory: folder.path,
      files: await openRegistryFiles(folder.path),
      profile: specificationProfile,
    });
    close.push(
      () => server.close(),
      () => folder[Symbol.asyncDispose](),
    );
    return server.host;
  };
  certificates = await makeCertificates();
  hosts = { source: await start(), target: await start() };
  await pushImage(image, { registry: hosts.source, repository: "app", tag: "v1" }, never);
});

afterAll(async () => {
  for (const end of close) await end();
});

interface Outcome {
  readonly report: CopyReport;
  readonly bytesIn: number;
}

/** One copy through faulty lines, delivered again while it is deferred. */
async function copyThrough(fault: Fault, seed: number, repository: string): Promise<Outcome> {
  const random = seeded(seed);
  await using stack = new AsyncDisposableStack();
  const proxy = (side: Fault["side"]): Promise<FaultProxy> =>
    startFaultProxy(hosts[side], fault.side === side ? fault.spoil : undefined, random);
  const proxies = { source: stack.use(await proxy("source")), target: stack.use(await proxy("target")) };
  const line = await fault.line?.({ behind: proxies[fault.side].host, certificates, random, stack });
  const connections = stack.use(createConnections(line?.connections));
  const timeouts = fault.resends === "nothing" ? UPLOADS_PATIENCE : PATIENCE;
  const endpoint = (side: Fault["side"], name: string): Endpoint => {
    const spoiled = fault.side === side ? line : undefined;
    const place = { host: spoiled?.host ?? proxies[side].host, repository: name, side };
    return { ...testEndpoint(place, connections), ...spoiled?.endpoint, timeouts };
  };
  const context = {
    source: createRegistrySource(endpoint("source", "app")),
    target: createRegistryTarget(endpoint("target", repository)),
  };
  if (line?.afterUse !== undefined) {
    await Promise.all([context.source.resolve(tag, never), context.target.resolve(tag, never)]);
    line.afterUse();
  }
  const fixture = replicateFixture();
  let report: CopyReport = { outcome: "deferred", reason: "busy", afterMs: 0 };
  for (let delivery = 0; delivery < MAX_DELIVERIES && report.outcome === "deferred"; delivery++) {
    report = await replicateTag(copyRequest("v1"), anotherDelivery(fixture, context), never);
  }
  return { report, bytesIn: proxies.target.bytesIn() };
}

const largest = (): number => Math.max(...image.blobs.map(({ descriptor }) => descriptor.size));
const wholeImage = (): number =>
  image.blobs.reduce((sum, { descriptor }) => sum + descriptor.size, 0) + image.root.bytes.byteLength;

/** Bytes that may be sent in addition to the image. */
function allowance(resends: Resends, times: number): number {
  if (resends === "nothing") return 0;
  if (resends === "the manifest") return times * image.root.bytes.byteLength;
  return times * (resends === "the image" ? wholeImage() : largest());
}

const FAULTS = [...SOURCE_FAULTS, ...TARGET_FAULTS, ...CONNECTION_FAULTS, ...AUTHORIZATION_FAULTS];
const ROWS = FAULTS.map((create, row) => ({ create, row, ...create() }));

describe.each(ROWS)("$id: $what ($side)", ({ create, row, spoil, strikes, ...known }) => {
  const { ends, resends } = known;
  const good: string[] = ends === "replicated" ? ["replicated", "unchanged"] : [ends];

  it(`ends ${ends} with ${SEEDS} seeds, sends ${resends} twice, and publishes no wrong byte`, async () => {
    await using connections = createConnections();
    const source = testSource({ host: hosts.source, repository: "app" }, connections);
    const wrong: unknown[] = [];
    const runSeed = async (seed: number): Promise<void> => {
      const repository = `copy-${row}-${seed}`;
      const { report, bytesIn } = await copyThrough(create(), seed * 1_000 + row, repository);
      const target = testSource({ host: hosts.target, repository }, connections);
      const twice = ends === "replicated" ? bytesIn - wholeImage() : 0;
      const problem = ends === "replicated" ? await difference(source, target) : await published(target);
      const isGood =
        good.includes(report.outcome) &&
        twice <= allowance(resends, strikes ?? spoil?.times ?? 3) &&
        problem === undefined;
      if (!isGood) wrong.push({ seed, report, twice, problem });
    };
    const seeds = Array.from({ length: SEEDS }, (_, seed) => seed);
    await concurrently(seeds, SEEDS, runSeed, never);
    expect(wrong).toEqual([]);
    seen.push(known);
  }, 600_000);
});

/** The difference between both ends, or undefined. */
function difference(source: ImageSource, target: ImageSource): Promise<unknown> {
  return verifyTag(source, target, tag, never).then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** What a failed copy has published nevertheless, or undefined. */
async function published(target: ImageSource): Promise<unknown> {
  return (await target.resolve(tag, never))?.digest;
}

describe("docs/understand/faults-seen.md", () => {
  it("says what was seen", async () => {
    expect(seen).toHaveLength(FAULTS.length);
    await expect(table()).toMatchFileSnapshot("../../../docs/understand/faults-seen.md");
  });
});

/** What was seen, as a document. */
function table(): string {
  const rows = seen.toSorted((a, b) => `${a.id}${a.side}${a.what}`.localeCompare(`${b.id}${b.side}${b.what}`, "en"));
  const lines = rows.map(
    ({ id, side, what, ends, resends }) => `| ${id} | ${side} | ${what} | ${ends} | 0 | ${resends} |`,
  );
  return [
    "# Faults, and what was seen",
    "",
    `Written by \`test/faults/transport/transport-faults.test.ts\`: each row is ${SEEDS} copies of a three-layer image through a proxy that injects the fault;`,
    "a seed decides where and when. A deferred copy is delivered again. Every image was read back and compared byte by byte.",
    '"Sent twice" is the most that may be sent to the target in addition to the image; more fails the test. It is nothing when a source breaks,',
    "since the download resumes; it is the one broken blob when a target breaks, since Artifact Registry cannot resume uploads.",
    "",
    "| fault | side | what happens | ended | copies wrong or lost | sent twice |",
    "|---|---|---|---|---|---|",
    ...lines,
    "",
  ].join("\n");
}
