import { describe, expect, it } from "vitest";
import { createHandler } from "../../functions/fan-out/handler.ts";
import { parseConfiguration } from "../../src/contract/configuration.ts";
import type { CopyRequest } from "../../src/replication/copy-request.ts";
import { createObserved } from "./observer.ts";

const place = { kind: "generic", plainHttp: true, prefix: "p" } as const;
const configuration = parseConfiguration({
  version: 1,
  source: { account: "123456789012", region: "us-east-1" },
  destinations: [
    { ...place, name: "one", registry: "127.0.0.1:1" },
    { ...place, name: "two", registry: "127.0.0.1:2" },
  ],
  rules: [{ repositories: ["app/**"], tags: ["v*"], destinations: ["one", "two"] }],
});

function pushed(detail: object = {}): object {
  return {
    version: "0",
    id: "event-1",
    "detail-type": "ECR Image Action",
    source: "aws.ecr",
    account: "123456789012",
    time: "2026-11-21T00:00:00Z",
    region: "us-east-1",
    resources: [],
    detail: {
      result: "SUCCESS",
      "repository-name": "app/web",
      "image-digest": `sha256:${"a".repeat(64)}`,
      "action-type": "PUSH",
      "image-tag": "v1",
      ...detail,
    },
  };
}

describe("the fan-out handler", () => {
  it("requests one copy per destination, with the event's id to follow it by", async () => {
    const sent: CopyRequest[] = [];
    const observer = createObserved();
    const handle = createHandler({
      configuration,
      observer,
      send: (requests) => Promise.resolve(void sent.push(...requests)),
    });
    expect(await handle(pushed())).toEqual({ outcome: "requested", requests: 2 });
    expect(sent.map(({ destination, id, reference }) => [destination, id, reference])).toEqual([
      ["one", "event-1", "v1"],
      ["two", "event-1", "v1"],
    ]);
    expect(observer.counts.map(({ metric, destination }) => `${metric} ${destination}`)).toEqual([
      "CopiesRequested one",
      "CopiesRequested two",
    ]);
  });

  it("fails when a request could not be queued, so that the event comes again", async () => {
    const handle = createHandler({
      configuration,
      observer: createObserved(),
      send: () => Promise.reject(new Error("queue away")),
    });
    await expect(handle(pushed())).rejects.toThrow("queue away");
  });

  it.each<[string, unknown, string]>([
    ["no rule matches its tag", pushed({ "image-tag": "main" }), "ignored"],
    ["it is a delete", pushed({ "action-type": "DELETE" }), "ignored"],
    ["it is nothing of ECR's", { hello: "world" }, "malformed"],
    ["it is null", null, "malformed"],
  ])("sends nothing, records why, and does not fail when %s", async (_case, event, outcome) => {
    const observer = createObserved();
    const handle = createHandler({
      configuration,
      observer,
      send: () => Promise.reject(new Error("nothing is to be sent")),
    });
    expect((await handle(event)).outcome).toBe(outcome);
    expect(observer.lines).toHaveLength(1);
    expect(observer.counts).toHaveLength(1);
  });
});
