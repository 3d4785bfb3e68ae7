import { describe, expect, it } from "vitest";
import { createHandler } from "../../../functions/reconcile/handler.ts";
import { PRICES, runningDollars } from "../../../src/contract/stack/prices.ts";
import { parseRepositoryName, parseTag } from "../../../src/oci/reference.ts";
import { createMemoryRecordStore } from "../../../src/replication/state/memory-record-store.ts";
import type { ReconcileRecord } from "../../../src/replication/cycle/cycle-record.ts";
import type { RecordStore } from "../../../src/replication/state/record-store.ts";
import { createVirtualClock } from "../../fixtures/clocks/virtual-clock.ts";
import { MINUTE, digest, setUp } from "./reconcile-fixture.ts";

const REPOSITORIES = 1_000;
const TAGS = 1_000;
/** One page of DescribeImages or of a target's tag list, 1,000 entries each, and one call of DynamoDB; milliseconds. */
const PAGE_MS = 500;
const TABLE_MS = 10;
const MEMORY_MEGABYTES = 512;

/** A source and a target that are equal, with one page per repository at each. */
function registry() {
  const clock = createVirtualClock();
  const calls = { source: 0, target: 0, table: 0, atOnce: 0 };
  let running = 0;
  const answer = async (kind: "source" | "target" | "table", ms: number): Promise<void> => {
    calls[kind]++;
    running++;
    calls.atOnce = Math.max(calls.atOnce, running);
    await clock.sleep(ms, new AbortController().signal);
    running--;
  };
  const slowly = <T>(store: RecordStore<T>): RecordStore<T> => ({
    async read(key, signal) {
      await answer("table", TABLE_MS);
      return store.read(key, signal);
    },
    async update(key, change, signal) {
      await answer("table", TABLE_MS);
      return store.update(key, change, signal);
    },
  });
  const names = Array.from({ length: REPOSITORIES }, (_, index) => parseRepositoryName(`team/r${index}`));
  const images = Array.from({ length: TAGS }, (_, index) => ({
    tag: parseTag(`v${index}`),
    digest: digest(`${index}`),
    pushedAt: 1,
  }));
  const base = setUp().dependencies;
  const handle = createHandler({
    ...base,
    now: () => clock.now(),
    timeout: (ms) => clock.timeout(ms),
    tags: slowly(base.tags),
    cycles: slowly(createMemoryRecordStore<ReconcileRecord>()),
    catalog: {
      repositories: () => Promise.resolve(names),
      async *tags() {
        await answer("source", PAGE_MS);
        yield* images;
      },
    },
    listing: () =>
      async function* list() {
        await answer("target", PAGE_MS);
        yield* images;
      },
  });
  return { clock, calls, handle };
}

describe("a registry of 1,000 repositories with 1,000 tags each", () => {
  it("is compared within one cycle, with a page at each end, and without reading the record of any equal tag", async () => {
    const { clock, calls, handle } = registry();
    const report = await clock.during(handle(900_000));
    expect(report).toMatchObject({ outcome: "finished", repositories: REPOSITORIES, asked: 0 });
    expect(calls.source).toBe(REPOSITORIES);
    expect(calls.target).toBe(REPOSITORIES);
    // The progress of the comparison, and nothing of the tags.
    expect(calls.table).toBeLessThanOrEqual(REPOSITORIES + 20);
    expect(calls.atOnce).toBeLessThanOrEqual(9);
    const ms = clock.passed();
    expect(ms).toBeLessThan(3 * MINUTE);
    const dollars =
      runningDollars(ms / 1_000, MEMORY_MEGABYTES) + calls.table * (PRICES.dynamoRead + PRICES.dynamoWrite);
    expect(dollars).toBeLessThan(0.01);
  }, 600_000);
});
