import { NEVER } from "../../../src/async/abort.ts";
import { RegistryError } from "../../../src/oci/errors/registry-error.ts";
import { parseTag } from "../../../src/oci/reference.ts";
import { refusal } from "../http/site.ts";
import { circuitCounts } from "./circuit-counts.ts";
import { openSmallLayer, SMALL_LAYER } from "./small-layer.ts";
import type { Scene, Stage } from "./stage.ts";
import { play } from "./stage.ts";

/** Slots that a process takes in its first batch (`BATCH` of the rate limiter). */
const FIRST_BATCH = 16;
/** At 50 requests a second these uploads need the slots of 8 s. */
const UPLOADS = 400;
const TAG = parseTag("v1");

/** Takes all slots of Artifact Registry for the given time, in milliseconds. */
function exhaust({ cloud, world }: Stage, ms: number): void {
  const now = world.time.now();
  const record = { perSecond: 50, takenUntil: now + ms, notBefore: now + ms, grownAt: now, cutAt: now, ceiling: 100 };
  cloud.rates.set("gar", { version: 1, record });
}

/** Requests that wait for their slot, and hedges. */
export const RATE_SCENES: readonly Scene[] = [
  {
    name: "one 429 pauses all requests, counts as no failure of the target and opens no circuit",
    play() {
      let isFirst = true;
      const reply = (service: string) => {
        if (service !== "gar" || !isFirst) return undefined;
        isFirst = false;
        return refusal(429, "TOOMANYREQUESTS", { "retry-after": "20" });
      };
      return play({ reply }, async (stage) => {
        const target = await stage.admitted("gar");
        await target.resolve(TAG, NEVER).catch(() => undefined);
        const refusedAt = stage.world.time.passed();
        const outcomes = await Promise.allSettled(Array.from({ length: 64 }, () => target.resolve(TAG, NEVER)));
        const failures = outcomes.flatMap((each) => (each.status === "rejected" ? [each.reason] : []));
        stage.expect(
          !failures.some((each) => each instanceof RegistryError),
          "a request that was never sent counts as a failure of the target",
        );
        const early = stage.sent.filter(
          ({ service, at }) => service === "gar" && at > refusedAt && at < refusedAt + 19_000,
        );
        stage.expect(early.length === 0, `${early.length} requests are sent before Retry-After has passed`);
        stage.expect(circuitCounts(stage).failures === 0, "the circuit counts failures");
      });
    },
  },
  {
    name: "an upload that waits for its slot is not slow, and is sent once",
    play: () =>
      play({}, async (stage) => {
        exhaust(stage, 0);
        const target = await stage.admitted("gar");
        // The bytes of the first upload wait for 8 s, behind the POST requests of all others.
        await Promise.all(
          Array.from({ length: UPLOADS }, () => target.pushBlob(SMALL_LAYER, { open: openSmallLayer }, NEVER)),
        );
        const { state, slow } = circuitCounts(stage);
        stage.expect(state === "closed" && slow === 0, `the circuit is ${state} after ${slow} slow calls`);
        stage.expect(stage.requests("gar", "PUT") === UPLOADS, "uploads are sent more than once");
      }),
  },
  {
    name: "a read that waits for its slot is not hedged",
    play: () =>
      play({}, async (stage) => {
        exhaust(stage, 8_000);
        await (await stage.admitted("gar")).resolve(TAG, NEVER);
        const heads = stage.requests("gar", "HEAD");
        stage.expect(heads === 1, `${heads} requests are sent for one`);
      }),
  },
  {
    name: "a read that the registry does not answer is hedged once, and succeeds soon",
    play() {
      let isFirst = true;
      const tookMs = (service: string): number => {
        if (service !== "gar" || !isFirst) return 0;
        isFirst = false;
        return 30_000;
      };
      return play({ tookMs }, async (stage) => {
        const { target } = stage.open("gar");
        await target.resolve(TAG, NEVER);
        stage.expect(stage.world.time.passed() < 5_000, "it is not hedged");
        stage.expect(stage.requests("gar", "HEAD") === 2, "not two requests are sent");
      });
    },
  },
  {
    name: "a hedge that finds no free slot is not sent",
    play: () =>
      play({ tookMs: (service) => (service === "gar" ? 10_000 : 0) }, async (stage) => {
        const { target } = stage.open("gar");
        await Promise.all(Array.from({ length: FIRST_BATCH }, () => target.resolve(TAG, NEVER)));
        const heads = stage.requests("gar", "HEAD");
        stage.expect(heads === FIRST_BATCH, `${heads} requests are sent for ${FIRST_BATCH} slots`);
      }),
  },
  {
    name: "a backfill leaves saved slots to live requests",
    play: () =>
      play({}, async (stage) => {
        await stage.process.sleep(60_000);
        await stage
          .open("gar", { priority: "backfill" })
          .target.resolve(TAG, NEVER)
          .catch(() => undefined);
        const before = stage.world.time.now();
        const { target } = stage.open("gar");
        await Promise.all(Array.from({ length: 200 }, () => target.resolve(TAG, NEVER)));
        const tookMs = stage.world.time.now() - before;
        stage.expect(tookMs < 2_000, `live requests wait for ${tookMs} ms`);
      }),
  },
];
