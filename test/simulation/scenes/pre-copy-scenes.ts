import type { Descriptor } from "../../../src/oci/descriptor.ts";
import { startCopyFunction } from "../cloud/copy-function.ts";
import { createFanOutFunction } from "../cloud/fan-out-function.ts";
import { addImage, addIndex, collectGarbage } from "../cloud/registry.ts";
import { refusal } from "../http/site.ts";
import { circuitCounts } from "./circuit-counts.ts";
import { play } from "./stage.ts";
import type { Scene, Stage } from "./stage.ts";

const MINUTE_MS = 60_000;
const BIG = `layer ${"x".repeat(1_200_000)}`;

interface Builder {
  /** Pushes an image by its digest. */
  readonly child: (repository: string, layers: readonly string[]) => Descriptor;
  /** Pushes an index under a tag. */
  readonly index: (repository: string, tag: string, children: readonly Descriptor[]) => void;
}

/** Starts the copy function, and pushes as a builder does. */
function startBuilder({ cloud, world }: Stage): Builder {
  startCopyFunction(cloud);
  const deliver = createFanOutFunction(cloud);
  let events = 0;
  const announce = (repository: string, { digest }: Descriptor, tag?: string): void =>
    deliver({ id: `e-${events++}`, repository, tag, digest, at: world.time.now() });
  return {
    child(repository, layers) {
      const child = addImage(cloud.source.repository(repository), layers);
      announce(repository, child);
      return child;
    },
    index(repository, tag, children) {
      const place = cloud.source.repository(repository);
      const index = addIndex(place, children);
      place.tags.set(tag, index.digest);
      announce(repository, index, tag);
    },
  };
}

function manifestPuts({ sent }: Stage): number {
  return sent.filter(
    ({ service, method, path }) => service === "gar" && method === "PUT" && path.includes("/manifests/"),
  ).length;
}

function budgetOf({ cloud }: Stage) {
  return cloud.preCopyBudgets.get("gar/p/r/app")?.record;
}

/** Blobs that are copied while a builder still pushes. */
export const PRE_COPY_SCENES: readonly Scene[] = [
  {
    name: "a tag waits for the pre-copy of its blob instead of sending it again, and its bytes are given back once",
    play: () =>
      play({ bytesPerMs: (service) => (service === "gar" ? 100 : Infinity) }, async (stage) => {
        const { process, requests, expect } = stage;
        const builder = startBuilder(stage);
        const child = builder.child("app", [BIG]);
        // As large as the first, and never used.
        builder.child("app", [BIG.replaceAll("x", "y")]);
        await process.sleep(6_000);
        builder.index("app", "v1", [child]);
        await process.sleep(MINUTE_MS);
        builder.index("app", "v2", [child]);
        await process.sleep(MINUTE_MS);
        const found = stage.cloud.places.get("gar")?.registry.repository("p/r/app").tags.size;
        expect(found === 2, `${found} of 2 tags are there`);
        const puts = requests("gar", "PUT") - manifestPuts(stage);
        expect(puts === 4, `${puts} blobs are sent instead of 4`);
        const { sent = 0, used = 0 } = budgetOf(stage) ?? {};
        expect(sent > 2_400_000 && used === sent / 2, `${used} of ${sent} bytes are used`);
      }),
  },
  {
    name: "a pre-copied blob that the target has collected meanwhile is sent before the manifest is put",
    play: () =>
      play({}, async (stage) => {
        const { process, cloud, expect } = stage;
        const builder = startBuilder(stage);
        const child = builder.child("app", [BIG]);
        await process.sleep(40 * MINUTE_MS);
        for (const { registry } of cloud.places.values()) collectGarbage(registry);
        builder.index("app", "v1", [child]);
        await process.sleep(MINUTE_MS);
        expect(manifestPuts(stage) === 2, `${manifestPuts(stage)} manifests are put instead of 2`);
      }),
  },
  {
    name: "pre-copies to a destination that fails move no circuit, and leave no dead letter",
    play: () =>
      play({ reply: (service) => (service === "gar" ? refusal(500, "UNKNOWN") : undefined) }, async (stage) => {
        const builder = startBuilder(stage);
        for (let push = 0; push < 20; push++) {
          builder.child(push % 2 === 0 ? "app" : "web", [`layer ${push}`]);
          await stage.process.sleep(1_100);
        }
        const { state, failures } = circuitCounts(stage);
        stage.expect(stage.requests("gar", "POST") > 0, "nothing is tried");
        stage.expect(state === "closed" && failures === 0, `the circuit is ${state}, with ${failures} failures`);
        stage.expect(stage.cloud.dead.length === 0, `${stage.cloud.dead.length} dead letters`);
      }),
  },
  {
    name: "a pre-copy takes no permit of a circuit that may be tried, and sends nothing",
    play: () =>
      play({}, async (stage) => {
        const { cloud, world, process, expect } = stage;
        const now = world.time.now();
        cloud.circuits.set("gar", { version: 1, record: { state: "open", since: now, until: now, trips: 1 } });
        startBuilder(stage).child("app", ["layer"]);
        await process.sleep(20_000);
        expect(circuitCounts(stage).state === "open", `the circuit is ${circuitCounts(stage).state}`);
        expect(stage.requests("gar", "POST") === 0, "something is sent");
      }),
  },
  {
    name: "a pre-copy sends a blob once, and its failure does not count towards giving the blob up",
    play: () =>
      play(
        {
          reply: (service, { method, url }) =>
            service === "gar" && method === "PUT" && url.searchParams.has("digest")
              ? refusal(500, "UNKNOWN")
              : undefined,
        },
        async (stage) => {
          startBuilder(stage).child("app", [BIG]);
          await stage.process.sleep(20_000);
          expectOnce(stage);
        },
      ),
  },
];

function expectOnce(stage: Stage): void {
  const digests = stage.sent
    .filter(({ service, method }) => service === "gar" && method === "PUT")
    .map(({ path }) => new URL(path, "http://gar").searchParams.get("digest"));
  const distinct = new Set(digests).size;
  stage.expect(digests.length === distinct && distinct > 0, `${distinct} blobs are sent ${digests.length} times`);
  const failed = [...stage.cloud.checkpoints].filter(([, { record }]) => "failed" in record);
  stage.expect(failed.length === 0, "a failed send is recorded");
}
