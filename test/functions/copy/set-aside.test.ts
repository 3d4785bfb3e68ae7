import { describe, expect, it } from "vitest";
import {
  MOST_PAUSED,
  PAUSED_REPOSITORIES,
  pauseRepository,
  resumeRepository,
} from "../../../src/replication/holds/paused-repositories.ts";
import type { PausedRepositories } from "../../../src/replication/holds/paused-repositories.ts";
import { StoreError } from "../../../src/replication/state/record-store.ts";
import { setUpRules } from "./rules-fixture.ts";

const REPOSITORY = "team/app";

function setUp() {
  const rules = setUpRules({ repositories: ["team/*"] });
  const { pausedRepositories: store, time } = rules;
  return {
    ...rules,
    pause: () =>
      store.update(PAUSED_REPOSITORIES, (record) =>
        pauseRepository(record, REPOSITORY, { by: "ann", since: time.now }),
      ),
    resume: () => store.update(PAUSED_REPOSITORIES, (record) => resumeRepository(record, REPOSITORY)),
  };
}

describe("a request whose repository is paused", () => {
  it("gives up its message, opens no target, and its push says that it waits", async () => {
    const { pause, push, accept, request, pending, opened, deferred, receipts } = setUp();
    push("v1");
    accept("e-1", "v1");
    await pause();
    expect(await request("v1", { message: "e-1" })).toMatchObject({ outcome: "deferred", reason: "repository-paused" });
    expect(deferred).toEqual([]);
    expect([...pending.values()]).toMatchObject([{ setAsideAt: expect.any(Number) }]);
    expect(receipts.size).toBe(0);
    expect(opened).toHaveLength(1);
  });

  it("is copied when it is delivered after the pause, and 5 seconds after the process last looked", async () => {
    const { pause, resume, push, request, time } = setUp();
    push("v1");
    await pause();
    await request("v1");
    await resume();
    expect(await request("v1")).toMatchObject({ reason: "repository-paused" });
    time.now += 5_001;
    expect(await request("v1")).toMatchObject({ outcome: "replicated" });
  });

  it("keeps its message when the table cannot say whether it is paused", async () => {
    const { push, request, parts, deferred } = setUp();
    push("v1");
    Object.assign(parts, { pauses: { of: () => Promise.reject(new StoreError("the table is unavailable")) } });
    expect(await request("v1")).toMatchObject({ outcome: "deferred", reason: "unavailable" });
    expect(deferred).toHaveLength(1);
  });

  it("keeps its message when it cannot be noted that it waits", async () => {
    const { pause, push, request, parts, deferred } = setUp();
    push("v1");
    await pause();
    const note = () => Promise.reject(new StoreError("the table is unavailable"));
    Object.assign(parts, { pending: { ...parts.pending, note } });
    expect(await request("v1")).toMatchObject({ outcome: "deferred", reason: "repository-paused" });
    expect(deferred).toEqual([60_000]);
  });
});

describe("paused repositories", () => {
  it("are as many as one small item holds, each with who has paused it first", () => {
    let record: PausedRepositories | undefined;
    for (let index = 0; index < MOST_PAUSED; index++) {
      const { next, answer } = pauseRepository(record, `team/${index}`, { by: "ann", since: index });
      expect(answer).toBe("done");
      record = next;
    }
    expect(pauseRepository(record, "team/0", { by: "bob", since: 9 })).toEqual({ answer: "already" });
    expect(pauseRepository(record, "team/more", { by: "bob", since: 9 })).toEqual({ answer: "too-many" });
    expect(resumeRepository(record, "team/more")).toEqual({ answer: "already" });
    expect(Object.keys(resumeRepository(record, "team/0").next ?? {})).toHaveLength(MOST_PAUSED - 1);
  });
});
