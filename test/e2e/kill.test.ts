import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { imageOf, layer } from "../../local/images/image-content.ts";
import type { Digest } from "../../src/oci/digest.ts";
import { concurrently } from "../../src/async/run-concurrently.ts";
import { createConnections } from "../../src/registry/http/connections.ts";
import { createTagListing } from "../../src/registry/tags-with-digests.ts";
import { eventually } from "../fixtures/eventually.ts";
import { startLocalProcess } from "../fixtures/processes/local-process.ts";
import type { Ready } from "../fixtures/processes/local-process.ts";
import { push } from "../fixtures/images/push.ts";
import { temporaryFolder } from "../fixtures/processes/programs.ts";
import { testEndpoint } from "../fixtures/registry-client.ts";

const AMD64 = { os: "linux", architecture: "amd64" };
const TAGS = 40;
const never = AbortSignal.timeout(600_000);

const start = (directory: string) => startLocalProcess("--data", directory, "--concurrency", "4", "--timeout", "20");

async function pushTags({ source }: Ready): Promise<Map<string, Digest>> {
  const base = layer("base", 3_000_000);
  const pushed = new Map<string, Digest>();
  const pushNext = async (index: number): Promise<void> => {
    const image = imageOf([base, layer(`own-${index}`, 1_500_000)], AMD64);
    await push(source, image, { repository: "team/app", tag: `v${index}` }, never);
    pushed.set(`v${index}`, image.root.descriptor.digest);
  };
  await concurrently(
    Array.from({ length: TAGS }, (_, index) => index),
    8,
    pushNext,
    never,
  );
  return pushed;
}

async function tagsAtTarget({ target }: Ready): Promise<Map<string, Digest>> {
  await using connections = createConnections();
  const place = {
    host: target.registry,
    repository: `${target.prefix}/team/app`,
    credentials: { kind: "basic", username: target.username, password: target.password },
  } as const;
  const tags = new Map<string, Digest>();
  for await (const { tag, digest } of createTagListing(testEndpoint(place, connections))(never))
    if (tag !== undefined) tags.set(tag, digest);
  return tags;
}

/** The number of blobs on the target's disk. */
async function finishedBlobs(directory: string): Promise<number> {
  const index = join(directory, "target", "repositories");
  const files = (await readdir(index).catch(() => [])).filter((name) => name.endsWith(".json"));
  const blobs = await Promise.all(
    files.map(async (name) =>
      z.object({ blobs: z.array(z.string()) }).parse(JSON.parse(await readFile(join(index, name), "utf8"))),
    ),
  );
  return new Set(blobs.flatMap((each) => each.blobs)).size;
}

/** The number of blobs that the functions log as sent. */
const sentBlobs = (lines: readonly string[]): number =>
  lines.reduce((sum, line) => sum + Number(/\((\d+) blobs, /.exec(line)?.[1] ?? 0), 0);

describe("kill -9 of everything, under load", () => {
  it("P01: needs just a restart: every tag arrives, and no finished blob is sent twice", async () => {
    await using folder = await temporaryFolder();
    const first = await start(folder.path);
    const pushing = pushTags(first.ready);
    await eventually("some tags", async () => ((await finishedBlobs(folder.path)) > 15 ? true : undefined));
    const pushed = await pushing;
    await first.kill("SIGKILL");
    const finished = await finishedBlobs(folder.path);

    const second = await start(folder.path);
    await eventually("every tag", async () => ((await tagsAtTarget(second.ready)).size === TAGS ? true : undefined));
    expect(await tagsAtTarget(second.ready)).toEqual(pushed);
    // The shared layer, and one layer and one configuration for each tag.
    expect(await finishedBlobs(folder.path)).toBe(1 + 2 * TAGS);
    await second.kill("SIGTERM");
    expect(sentBlobs(second.lines)).toBeLessThanOrEqual(1 + 2 * TAGS - finished);
  }, 600_000);
});
