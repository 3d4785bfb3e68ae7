import { describe, expect, it } from "vitest";
import { matchesPattern } from "../../../local/events/event-pattern.ts";
import { PUSH_AND_DELETE_PATTERN, PUSH_PATTERN } from "../../../src/contract/stack/push-pattern.ts";
import { readEcrEvent } from "../../../src/replication/planning/push-event.ts";

const ID = "13cde686-328b-6117-af20-0e5566167482";
const origin = { account: "123456789012", region: "us-west-2" };
const digest = `sha256:${"7".repeat(64)}`;

/** The documentation's own sample of a push, with changes. */
function event(detail: object = {}, envelope: object = {}): unknown {
  return {
    version: "0",
    id: ID,
    "detail-type": "ECR Image Action",
    source: "aws.ecr",
    account: "123456789012",
    time: "2019-11-16T01:54:34Z",
    region: "us-west-2",
    resources: [],
    detail: {
      result: "SUCCESS",
      "repository-name": "my-repository-name",
      "image-digest": digest,
      "action-type": "PUSH",
      "image-tag": "latest",
      ...detail,
    },
    ...envelope,
  };
}

describe("an ECR event", () => {
  it("of a tagged push names repository, tag, digest and time", () => {
    expect(readEcrEvent(event(), origin)).toEqual({
      kind: "pushed",
      pushed: {
        id: ID,
        isUntagged: false,
        repository: "my-repository-name",
        reference: "latest",
        digest,
        pushedAt: Date.parse("2019-11-16T01:54:34Z"),
      },
    });
  });

  it("of a referrer pushed by digest names the digest", () => {
    const read = readEcrEvent(event({ "image-tag": "" }, { "detail-type": "ECR Referrer Action" }), origin);
    expect(read).toMatchObject({ kind: "pushed", pushed: { reference: digest } });
  });

  it.each([undefined, null, ""])("of an untagged push (tag %j) names the digest", (tag) => {
    expect(readEcrEvent(event({ "image-tag": tag }), origin)).toMatchObject({ pushed: { reference: digest } });
  });

  it.each([
    ["ECR's replication", "ECR Replication Action", { "action-type": "REPLICATE", "source-region": "eu-west-1" }],
    [
      "a pull-through cache",
      "ECR Pull Through Cache Action",
      { "action-type": undefined, result: undefined, "sync-status": "SUCCESS" },
    ],
  ])("of %s is one like a push, and passes the rule", (_case, type, detail) => {
    const arrived = event(detail, { "detail-type": type });
    expect(readEcrEvent(arrived, origin)).toMatchObject({ kind: "pushed", pushed: { reference: "latest" } });
    expect(matchesPattern(Object(arrived), PUSH_PATTERN)).toBe(true);
  });

  it("of a delete names the tag and what it named, and passes the rule of a stack that mirrors deletes only", () => {
    const arrived = event({ "action-type": "DELETE" });
    expect(readEcrEvent(arrived, origin)).toMatchObject({ kind: "deleted", deleted: { id: ID, tag: "latest" } });
    const passes = [PUSH_PATTERN, PUSH_AND_DELETE_PATTERN].map((pattern) => matchesPattern(Object(arrived), pattern));
    expect(passes).toEqual([false, true]);
    expect(matchesPattern(Object(event()), PUSH_AND_DELETE_PATTERN)).toBe(true);
  });

  it.each<[string, unknown, string]>([
    [
      "a replication that failed",
      event({ "action-type": "REPLICATE", result: "FAILED" }, { "detail-type": "ECR Replication Action" }),
      "result FAILED",
    ],
    [
      "a pull-through cache that failed",
      event({ "sync-status": "FAILED" }, { "detail-type": "ECR Pull Through Cache Action" }),
      "sync status FAILED",
    ],
    ["a delete without a tag", event({ "action-type": "DELETE", "image-tag": "" }), "action DELETE"],
    [
      "an archived image",
      event({ "action-type": "UPDATE_STORAGE_CLASS", "image-tag": undefined, "target-storage-class": "ARCHIVE" }),
      "action UPDATE_STORAGE_CLASS",
    ],
    ["a push that failed", event({ result: "FAILURE" }), "result FAILURE"],
    ["another account", event({}, { account: "999999999999" }), "registry 999999999999/us-west-2 is not ours"],
    ["another region", event({}, { region: "eu-west-1" }), "registry 123456789012/eu-west-1 is not ours"],
    ["another source", event({}, { source: "custom.ecr" }), "source custom.ecr, not aws.ecr"],
    ["a scan", event({}, { "detail-type": "ECR Image Scan" }), "detail type ECR Image Scan"],
  ])("is ignored with its reason for %s", (_case, input, reason) => {
    expect(readEcrEvent(input, origin)).toEqual({ kind: "ignored", id: ID, reason });
  });

  it.each<[string, unknown, RegExp]>([
    ["nothing", undefined, /^event: /],
    ["text", "push", /^event: /],
    ["another version", event({}, { version: "1" }), /^version: /],
    ["no detail", event({}, { detail: null }), /^detail: /],
    ["no repository", event({ "repository-name": undefined }), /^detail\.repository-name: /],
    ["a repository outside the grammar", event({ "repository-name": "../Up" }), /^detail\.repository-name: /],
    ["a tag outside the grammar", event({ "image-tag": "a b\r\nc" }), /^detail\.image-tag: /],
    [
      "a digest outside the grammar",
      event({ "image-tag": "", "image-digest": "sha256:x" }, { "detail-type": "ECR Referrer Action" }),
      /^detail\.image-tag: /,
    ],
    ["a number for a tag", event({ "image-tag": 7 }), /^detail\.image-tag: /],
    ["no time", event({}, { time: "yesterday" }), /^time: /],
  ])("is malformed, and says where, for %s", (_case, input, problem) => {
    const read = readEcrEvent(input, origin);
    expect(read.kind).toBe("malformed");
    expect(read.kind === "malformed" && read.problem).toMatch(problem);
  });
});
