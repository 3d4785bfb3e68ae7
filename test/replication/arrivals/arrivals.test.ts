import { describe, expect, it } from "vitest";
import { forwardedOf, readForwarded } from "../../../src/replication/arrivals/forwarded.ts";
import { readPubSub } from "../../../src/replication/arrivals/pub-sub.ts";
import { readWebhook } from "../../../src/replication/arrivals/webhook.ts";
import type { WebhookFormat } from "../../../src/replication/arrivals/webhook.ts";
import type { ReadEvent } from "../../../src/replication/planning/push-event.ts";

const NOW = Date.parse("2026-11-27T10:00:00Z");
const DIGEST = `sha256:${"a".repeat(64)}`;
const place = { registry: "europe-docker.pkg.dev", prefix: "project/images" };

const pushed = (id: string, reference: string, pushedAt: number): ReadEvent =>
  ({
    kind: "pushed",
    pushed: { id, repository: "team/app", reference, isUntagged: reference === DIGEST, pushedAt },
  }) as ReadEvent;

const deleted = (id: string, digest: string | undefined, deletedAt: number): ReadEvent =>
  ({ kind: "deleted", deleted: { id, repository: "team/app", tag: "v1", digest, deletedAt } }) as ReadEvent;

/** What Pub/Sub posts for a message of Artifact Registry. */
const posted = (message: unknown, publishTime = "2026-11-27T09:59:00Z") => ({
  message: { data: Buffer.from(JSON.stringify(message)).toString("base64"), messageId: "42", publishTime },
  subscription: "projects/p/subscriptions/s",
});
const IMAGE = "europe-docker.pkg.dev/project/images/team/app";

describe("a message of Artifact Registry", () => {
  it.each<[string, object, ReadEvent]>([
    [
      "a tag",
      { action: "INSERT", digest: `${IMAGE}@${DIGEST}`, tag: `${IMAGE}:v1` },
      pushed("pubsub-42", "v1", NOW - 60_000),
    ],
    [
      "an image without a tag",
      { action: "INSERT", digest: `${IMAGE}@${DIGEST}` },
      pushed("pubsub-42", DIGEST, NOW - 60_000),
    ],
    ["a deleted tag", { action: "DELETE", tag: `${IMAGE}:v1` }, deleted("pubsub-42", undefined, NOW - 60_000)],
    [
      "a deleted tag and what it named",
      { action: "DELETE", tag: `${IMAGE}:v1`, digest: `${IMAGE}@${DIGEST}` },
      deleted("pubsub-42", DIGEST, NOW - 60_000),
    ],
    [
      "a deleted image",
      { action: "DELETE", digest: `${IMAGE}@${DIGEST}` },
      { kind: "ignored", id: "pubsub-42", reason: "a delete of content without a tag" },
    ],
    [
      "a delete in another registry",
      { action: "DELETE", tag: "us-docker.pkg.dev/project/images/team/app:v1" },
      { kind: "ignored", id: "pubsub-42", reason: "another registry" },
    ],
    [
      "another registry",
      { action: "INSERT", tag: "us-docker.pkg.dev/project/images/team/app:v1" },
      { kind: "ignored", id: "pubsub-42", reason: "another registry" },
    ],
    [
      "another repository",
      { action: "INSERT", tag: "europe-docker.pkg.dev/project/images-2/app:v1" },
      { kind: "ignored", id: "pubsub-42", reason: "a repository outside of the source's prefix" },
    ],
  ])("about %s is read", (_what, message, expected) => {
    expect(readPubSub(posted(message), place, NOW)).toEqual(expected);
  });

  it.each<[string, unknown]>([
    ["no envelope", {}],
    ["no JSON", { message: { data: "bm8=", messageId: "42", publishTime: "" } }],
    ["another action", posted({ action: "MOVE", tag: `${IMAGE}:v1` })],
    ["no name", posted({ action: "INSERT" })],
    ["a name without a tag", posted({ action: "INSERT", tag: IMAGE })],
    ["a path out of the prefix", posted({ action: "INSERT", tag: `${IMAGE}/../../x:v1` })],
  ])("that has %s is malformed", (_what, body) => {
    expect(readPubSub(body, place, NOW)).toMatchObject({ kind: "malformed" });
  });

  it("from a clock that is ahead was pushed now", () => {
    const body = posted({ action: "INSERT", tag: `${IMAGE}:v1` }, "2027-01-01T00:00:00Z");
    expect(readPubSub(body, place, NOW)).toEqual(pushed("pubsub-42", "v1", NOW));
  });
});

const at = "2026-11-27T09:59:00.5Z";
const AT = NOW - 59_500;
const distribution = (action: string, target: object) => ({
  events: [{ id: "e1", timestamp: at, action, target: { repository: "team/app", digest: DIGEST, ...target } }],
});
const MANIFEST = "application/vnd.oci.image.manifest.v1+json";
const harbor = { resources: [{ digest: DIGEST, tag: "v1" }], repository: { repo_full_name: "team/app" } };

/** What a webhook without a prefix reads. */
const read = (format: WebhookFormat, body: unknown, headers: Readonly<Record<string, string>> = {}) =>
  readWebhook({ body, headers, id: "n" }, format, { registry: "registry.example" }, NOW);

describe("a notification of", () => {
  it.each<[string, WebhookFormat, unknown, ReadEvent]>([
    [
      "distribution: a tag",
      "distribution",
      distribution("push", { mediaType: MANIFEST, tag: "v1" }),
      pushed("e1", "v1", AT),
    ],
    [
      "distribution: a manifest",
      "distribution",
      distribution("push", { mediaType: MANIFEST }),
      pushed("e1", DIGEST, AT),
    ],
    [
      "distribution: a blob",
      "distribution",
      distribution("push", { mediaType: "application/octet-stream" }),
      { kind: "ignored", id: "e1", reason: "a blob, not a manifest" },
    ],
    [
      "distribution: a pull",
      "distribution",
      distribution("pull", { mediaType: MANIFEST, tag: "v1" }),
      { kind: "ignored", id: "e1", reason: "action pull" },
    ],
    [
      "Harbor: a push",
      "harbor",
      { type: "PUSH_ARTIFACT", occur_at: 1_795_773_540, event_data: harbor },
      pushed("n", "v1", 1_795_773_540_000),
    ],
    [
      "Harbor: a scan",
      "harbor",
      { type: "SCANNING_COMPLETED", occur_at: 1, event_data: harbor },
      { kind: "ignored", id: "n", reason: "type SCANNING_COMPLETED" },
    ],
    ["Quay: a push", "quay", { repository: "team/app", updated_tags: ["v1"] }, pushed("n", "v1", NOW)],
    ["Quay, older: a push", "quay", { repository: "team/app", updated_tags: { v1: "b750" } }, pushed("n", "v1", NOW)],
    [
      "zot, structured",
      "cloudEvents",
      {
        specversion: "1.0",
        id: "z",
        type: "zotregistry.image.updated",
        time: at,
        data: { name: "team/app", reference: "v1" },
      },
      pushed("z", "v1", AT),
    ],
    [
      "Harbor, as a CloudEvent",
      "cloudEvents",
      { specversion: "1.0", id: "h", type: "harbor.artifact.pushed", time: at, data: harbor },
      pushed("h", "v1", AT),
    ],
    [
      "Azure, as a CloudEvent",
      "cloudEvents",
      {
        specversion: "1.0",
        id: "a",
        type: "Microsoft.ContainerRegistry.ImagePushed",
        time: at,
        data: { target: { repository: "team/app", tag: "v1", digest: DIGEST } },
      },
      pushed("a", "v1", AT),
    ],
    [
      "zot: a delete",
      "cloudEvents",
      {
        specversion: "1.0",
        id: "z",
        type: "zotregistry.image.deleted",
        time: at,
        data: { name: "team/app", reference: "v1", digest: DIGEST },
      },
      deleted("z", DIGEST, AT),
    ],
    [
      "zot: a new repository",
      "cloudEvents",
      { specversion: "1.0", id: "z", type: "zotregistry.repository.created", data: { name: "team/app" } },
      { kind: "ignored", id: "z", reason: "type zotregistry.repository.created" },
    ],
    [
      "Harbor, as a CloudEvent: a delete",
      "cloudEvents",
      { specversion: "1.0", id: "h", type: "harbor.artifact.deleted", time: at, data: harbor },
      deleted("h", DIGEST, AT),
    ],
    [
      "Azure: a delete",
      "cloudEvents",
      {
        specversion: "1.0",
        id: "a",
        type: "Microsoft.ContainerRegistry.ImageDeleted",
        time: at,
        data: { target: { repository: "team/app", digest: DIGEST } },
      },
      { kind: "ignored", id: "a", reason: "a delete of content without a tag" },
    ],
    [
      "Harbor: a delete",
      "harbor",
      { type: "DELETE_ARTIFACT", occur_at: 1_795_773_540, event_data: harbor },
      deleted("n", DIGEST, 1_795_773_540_000),
    ],
    [
      "distribution: a deleted tag",
      "distribution",
      { events: [{ id: "e1", timestamp: at, action: "delete", target: { repository: "team/app", tag: "v1" } }] },
      deleted("e1", undefined, AT),
    ],
    [
      "distribution: a deleted manifest",
      "distribution",
      distribution("delete", {}),
      { kind: "ignored", id: "e1", reason: "a delete of content without a tag" },
    ],
  ])("%s is read", (_what, format, body, expected) => {
    expect(read(format, body)).toEqual([expected]);
  });

  it("a CloudEvent in the binary mode is read from its headers", () => {
    const headers = { "ce-id": "z", "ce-type": "zotregistry.image.updated", "ce-time": at };
    expect(read("cloudEvents", { name: "team/app", reference: "v1" }, headers)).toEqual([pushed("z", "v1", AT)]);
  });

  it.each(["distribution", "harbor", "quay", "cloudEvents"] as const)(
    "%s that is something else is malformed, and so is one with too many pushes or wrong names",
    (format) => {
      expect(read(format, { a: 1 })).toMatchObject([{ kind: "malformed", id: "n" }]);
      expect(read(format, null)).toMatchObject([{ kind: "malformed", id: "n" }]);
    },
  );

  it("with more pushes than one notification has, or with names that are none, is malformed", () => {
    const updated_tags = Array.from({ length: 101 }, (_, index) => `v${index}`);
    expect(read("quay", { repository: "team/app", updated_tags })).toMatchObject([{ kind: "malformed" }]);
    expect(read("quay", { repository: "../app", updated_tags: ["v1"] })).toMatchObject([{ kind: "malformed" }]);
    expect(read("quay", { repository: "app", updated_tags: ["v/1"] })).toMatchObject([{ kind: "malformed" }]);
  });

  it("several tags has an id for each of them", () => {
    const found = read("quay", { repository: "team/app", updated_tags: ["v1", "v2"] });
    expect(found).toEqual([pushed("n-0", "v1", NOW), pushed("n-1", "v2", NOW)]);
  });
});

describe("a delete", () => {
  it("counts as an hour old at most, so that a sender whose clock is behind leaves the grace period", () => {
    const message = { action: "DELETE", tag: `${IMAGE}:v1` };
    for (const [sent, at] of [
      ["2026-11-27T09:30:00Z", NOW - 1_800_000],
      ["1999-12-31T23:59:59Z", NOW - 3_600_000],
    ] as const)
      expect(readPubSub(posted(message, sent), place, NOW)).toEqual(deleted("pubsub-42", undefined, at));
  });
});

describe("what is forwarded", () => {
  it("is read as it was, and an event that requires no copy is not forwarded", () => {
    const push = pushed("e1", "v1", AT);
    expect(readForwarded(JSON.parse(JSON.stringify(forwardedOf(push, "n"))))).toEqual(push);
    const malformed = forwardedOf({ kind: "malformed", id: undefined, problem: "p" }, "n");
    expect(readForwarded(malformed)).toEqual({ kind: "malformed", id: "n", problem: "p" });
    for (const digest of [DIGEST, undefined]) {
      const event = deleted("e1", digest, AT);
      expect(readForwarded(JSON.parse(JSON.stringify(forwardedOf(event, "n"))))).toEqual(event);
    }
    expect(forwardedOf({ kind: "ignored", id: "e1", reason: "r" }, "n")).toBeUndefined();
  });

  it.each([{}, { source: "aws.ecr" }, { ...forwardedOf(pushed("e1", "v1", AT), "n"), version: 2 }])(
    "is malformed when it is something else: %j",
    (event) => {
      expect(readForwarded(event)).toMatchObject({ kind: "malformed" });
    },
  );
});
