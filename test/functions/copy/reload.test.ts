import { describe, expect, it } from "vitest";
import { createHandler } from "../../../functions/copy/handler.ts";
import { NEVER } from "../../../src/async/abort.ts";
import type { Delivery } from "../../../src/contract/stack/delivery.ts";
import { CIRCUIT } from "../../../src/contract/stack/limits.ts";
import { perConfiguration } from "../../../src/reload/configuration-feed.ts";
import { createCircuitBreaker } from "../../../src/replication/destination/circuit-breaker.ts";
import { circuitPolicy } from "../../../src/replication/destination/circuit-policy.ts";
import type { CircuitRecord } from "../../../src/replication/destination/circuit.ts";
import type { Receipt } from "../../../src/replication/outcome/receipt.ts";
import { createMemoryRecordStore } from "../../../src/replication/state/memory-record-store.ts";
import { createVirtualClock } from "../../fixtures/clocks/virtual-clock.ts";
import { addImage } from "../../fixtures/images/memory-image.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { INTERVAL_MS, reloadedConfiguration } from "../../fixtures/reloaded-configuration.ts";
import { memoryCopies } from "../../fixtures/memory-copies.ts";
import { replicateFixture } from "../../fixtures/replicate-context.ts";
import { createObserved } from "../observer.ts";

const COPIES = 50;

function deliveryOf(tag: string): Delivery {
  const request = {
    version: 1,
    id: `event-${tag}`,
    destination: "gar",
    repository: "app",
    reference: tag,
    pushedAt: 0,
  };
  return { messageId: tag, body: JSON.stringify(request), receiptHandle: tag, queueArn: "arn:q", receiveCount: 1 };
}

/** A process of the copy function: a feed, and a handler for each configuration. Copies stop at the source until they are released. */
async function setUp() {
  const clock = createVirtualClock();
  const observer = createObserved();
  const reloaded = await reloadedConfiguration(clock, observer);
  const receipts = new Map<string, Receipt>();
  const sparse = new Map<string, string>();
  const gate = Promise.withResolvers<void>();
  const circuits = createMemoryRecordStore<CircuitRecord>();
  const handlerOf = perConfiguration((configuration) =>
    createHandler({
      configuration,
      observer,
      runtime: { random: () => 0.5, now: Date.now, timeout: () => NEVER, memoryMegabytes: 1_769 },
      queue: {
        priority: () => "live",
        serves: () => true,
        defer: () => Promise.resolve(),
        announce: () => Promise.resolve(),
        sendToDeadLetters: () => Promise.resolve(),
      },
      copies: {
        open({ delivery, to }) {
          sparse.set(delivery.messageId, configuration.sparseIndexes);
          const fixture = replicateFixture();
          addImage(fixture.source, ["one"], delivery.messageId);
          fixture.source.before = () => gate.promise;
          return { ...fixture, identity: { ...fixture.identity, scope: `gar/${to}` } };
        },
        circuit: () =>
          createCircuitBreaker({
            store: circuits,
            key: "gar",
            policy: circuitPolicy({ ...CIRCUIT, window: { seconds: 60 } }),
            now: Date.now,
            random: () => 0.5,
          }),
        ...memoryCopies(receipts),
      },
    }),
  );
  const deliver = async (tag: string) => handlerOf(await reloaded.feed.current(NEVER))(deliveryOf(tag), 600_000);
  const decidedBy = (tag: string) => [...receipts.values()].find(({ id }) => id === `event-${tag}`)?.configuration;
  return { ...reloaded, clock, observer, deliver, decidedBy, receipts, sparse, release: () => gate.resolve() };
}

describe("a reload", () => {
  it(`during ${COPIES} running copies leaves each with the configuration that it began with, and receipts name it`, async () => {
    const { deployed, clock, deliver, decidedBy, receipts, sparse, publish, release, feed } = await setUp();
    const tags = (kind: string) => Array.from({ length: COPIES }, (_, index) => `${kind}-${index}`);
    const before = tags("before").map(deliver);
    await eventually("all copies", () => (sparse.size === COPIES ? true : undefined));
    publish("sparseIndexes: keep");
    await clock.pass(INTERVAL_MS);
    const after = tags("after").map(deliver);
    release();
    expect(new Set(await clock.during(Promise.all([...before, ...after])))).toEqual(new Set(["done"]));
    const reloaded = await feed.current(NEVER);
    expect(reloaded.version).not.toBe(deployed.version);
    expect(receipts.size).toBe(2 * COPIES);
    expect(new Set(tags("before").map(decidedBy))).toEqual(new Set([deployed.version]));
    expect(new Set(tags("after").map(decidedBy))).toEqual(new Set([reloaded.version]));
    expect(new Set(tags("before").map((tag) => sparse.get(tag)))).toEqual(new Set(["fail"]));
    expect(new Set(tags("after").map((tag) => sparse.get(tag)))).toEqual(new Set(["keep"]));
  });

  it("that is refused leaves copies under the last good configuration, as their receipts say", async () => {
    const { deployed, deliver, decidedBy, publish, release, observer, clock } = await setUp();
    release();
    publish("longLane: false\nsparseIndexes: keep\n");
    expect(await clock.during(deliver("one"))).toBe("done");
    expect(decidedBy("one")).toBe(deployed.version);
    expect(observer.counts.map(({ metric }) => metric)).toContain("ConfigurationRefused");
  });
});
