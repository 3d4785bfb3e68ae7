import { describe, expect, it } from "vitest";
import { blobOf } from "../../../local/images/image-content.ts";
import { RegistryError } from "../../../src/oci/errors/registry-error.ts";
import type { FailureCategory } from "../../../src/oci/errors/registry-error.ts";
import type { BlobStream } from "../../../src/oci/image-source.ts";
import { parseTag } from "../../../src/oci/reference.ts";
import type { CallOutcome } from "../../../src/replication/destination/buffered-counts.ts";
import { observedTarget } from "../../../src/replication/destination/observed-target.ts";
import { createMemoryRepository } from "../../fakes/memory-repository.ts";

const signal = new AbortController().signal;
const tag = parseTag("v1");

function setUp() {
  const noted: CallOutcome[] = [];
  const repository = createMemoryRepository("target");
  const note = (outcome: CallOutcome): Promise<void> => Promise.resolve(void noted.push(outcome));
  return { noted, repository, target: observedTarget(repository, { note }) };
}

const failure = (category: FailureCategory, status?: number, side: "source" | "target" = "target", code?: string) =>
  new RegistryError({ side, operation: "resolve", subject: "r", category, status, code }, "failed");

describe("an observed target reports to its circuit", () => {
  it.each<[string, Error, CallOutcome[]]>([
    ["that it answers 500 after every try", failure("deferred", 500), ["failed"]],
    ["that it answers 503", failure("deferred", 503), ["failed"]],
    ["that it cannot be reached", failure("deferred"), ["failed"]],
    ["nothing when it says 429: that is a matter of rate", failure("deferred", 429), []],
    ["nothing when it says so by its code", failure("deferred", 403, "target", "TOOMANYREQUESTS"), []],
    ["nothing when it refuses the content", failure("permanent", 400), []],
    ["nothing when it refuses us", failure("permanent", 403), []],
    ["nothing when the source fails", failure("deferred", 500, "source"), []],
    ["nothing of our own mistakes", new TypeError("ours"), []],
  ])("%s", async (_case, error, expected) => {
    const { repository, target, noted } = setUp();
    repository.before = () => {
      throw error;
    };
    await expect(target.resolve(tag, signal)).rejects.toBe(error);
    expect(noted).toEqual(expected);
  });

  it("nothing when our own deadline passes", async () => {
    const { repository, target, noted } = setUp();
    const abort = new AbortController();
    repository.before = () => {
      abort.abort();
      throw failure("deferred");
    };
    await expect(target.resolve(tag, abort.signal)).rejects.toThrow("failed");
    expect(noted).toEqual([]);
  });

  it("successful reads and writes, separately", async () => {
    const { target, noted } = setUp();
    const blob = blobOf(new Uint8Array(10), "application/octet-stream");
    await target.resolve(tag, signal);
    await target.isEmpty(signal);
    await target.hasBlob(blob.descriptor, signal);
    await target.pushBlob(blob.descriptor, { open: () => Promise.resolve(streamOf([...blob.read()])) }, signal);
    expect(noted).toEqual(["read", "read", "read", "written"]);
  });

  it("a slow upload, measured by the time of the target alone", async () => {
    const { target, noted, repository } = setUp();
    const blob = blobOf(new Uint8Array(100_000), "application/octet-stream");
    for (const uploadMs of [1_000, 60_000]) {
      repository.uploadMs = uploadMs;
      await target.pushBlob(blob.descriptor, { open: () => Promise.resolve(streamOf([...blob.read()])) }, signal);
    }
    expect(noted).toEqual(["written", "slow"]);
  });
});

function streamOf(chunks: readonly Uint8Array[]): BlobStream {
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (const chunk of chunks) yield await Promise.resolve(chunk);
  }
  return { [Symbol.asyncIterator]: pieces, [Symbol.asyncDispose]: () => Promise.resolve() };
}
