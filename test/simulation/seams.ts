import { digestOf } from "../../src/oci/digest.ts";
import { parseTag } from "../../src/oci/reference.ts";
import { RegistryError } from "../../src/oci/errors/registry-error.ts";
import { FUNCTION_SEAMS } from "./cloud/function-seams.ts";
import { refusal } from "./http/site.ts";
import { addImage, addSignature } from "./cloud/registry.ts";
import { PROBE_SCENES } from "./scenes/probes.ts";
import { UPLOAD_SCENES } from "./scenes/uploads.ts";
import { play } from "./stage.ts";
import type { Seam, Stage } from "./stage.ts";

/** Turns that a process takes first (`LOT` of the rate limit). */
const FIRST_LOT = 16;
const TAG = parseTag("v1");
const signal = new AbortController().signal;
const LAYER = new TextEncoder().encode("layer");
const BLOB = { mediaType: "application/octet-stream", digest: digestOf(LAYER), size: LAYER.byteLength };

/** What the circuit of Artifact Registry has been told. */
function told({ cloud }: Stage): { readonly state: string; readonly failures: number; readonly slow: number } {
  const record = cloud.circuits.get("gar")?.record;
  const text = JSON.stringify(record ?? {});
  const count = (field: string): number =>
    [...text.matchAll(new RegExp(`"${field}":(\\d+)`, "g"))].reduce((sum, [, found]) => sum + Number(found), 0);
  return { state: record?.state ?? "closed", failures: count("failures"), slow: count("slow") };
}

/** At 50 requests a second, the turns of 8 s. */
const UPLOADS = 400;

/** The rate of Artifact Registry has nothing to give away for so long, in milliseconds. */
function exhaust({ cloud, world }: Stage, ms: number): void {
  const now = world.time.now();
  const record = { perSecond: 50, takenUntil: now + ms, notBefore: now + ms, grownAt: now, cutAt: now, ceiling: 100 };
  cloud.rates.set("gar", { version: 1, record });
}

const open = (): Promise<AsyncIterable<Uint8Array> & AsyncDisposable> =>
  Promise.resolve({
    async *[Symbol.asyncIterator]() {
      yield await Promise.resolve(LAYER);
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });

/** Between client, limiter and circuit, then between functions and what runs them. */
export const SEAMS: readonly Seam[] = [
  {
    name: "one 429 holds everybody back, fails nobody's target and opens no circuit",
    play() {
      let isFirst = true;
      const reply = (service: string) => {
        if (service !== "gar" || !isFirst) return undefined;
        isFirst = false;
        return refusal(429, "TOOMANYREQUESTS", { "retry-after": "20" });
      };
      return play({ reply }, async (stage) => {
        const target = await stage.admitted("gar");
        await target.resolve(TAG, signal).catch(() => undefined);
        const refusedAt = stage.world.time.passed();
        const outcomes = await Promise.allSettled(Array.from({ length: 64 }, () => target.resolve(TAG, signal)));
        const failures = outcomes.flatMap((each) => (each.status === "rejected" ? [each.reason] : []));
        stage.expect(
          !failures.some((each) => each instanceof RegistryError),
          "what was never sent is a target's failure",
        );
        const early = stage.sent.filter(
          ({ service, at }) => service === "gar" && at > refusedAt && at < refusedAt + 19_000,
        );
        stage.expect(early.length === 0, `${early.length} requests are sent within the time that was asked for`);
        stage.expect(told(stage).failures === 0, "the circuit is told of failures");
      });
    },
  },
  {
    name: "waiting for our own turn is no slow upload, and is sent once",
    play: () =>
      play({}, async (stage) => {
        exhaust(stage, 0);
        const target = await stage.admitted("gar");
        // The bytes of the first wait for their turn behind the beginnings of all others, for 8 s.
        await Promise.all(Array.from({ length: UPLOADS }, () => target.pushBlob(BLOB, { open }, signal)));
        const { state, slow } = told(stage);
        stage.expect(state === "closed" && slow === 0, `the circuit is ${state} after ${slow} slow calls`);
        stage.expect(stage.requests("gar", "PUT") === UPLOADS, "uploads are sent more than once");
      }),
  },
  {
    name: "a read that waits for its turn is not hedged",
    play: () =>
      play({}, async (stage) => {
        exhaust(stage, 8_000);
        await (await stage.admitted("gar")).resolve(TAG, signal);
        const heads = stage.requests("gar", "HEAD");
        stage.expect(heads === 1, `${heads} requests are sent for one`);
      }),
  },
  {
    name: "a read that the registry leaves waiting is hedged once, and answered soon",
    play() {
      let isFirst = true;
      const tookMs = (service: string): number => {
        if (service !== "gar" || !isFirst) return 0;
        isFirst = false;
        return 30_000;
      };
      return play({ tookMs }, async (stage) => {
        const { target } = stage.open("gar");
        await target.resolve(TAG, signal);
        stage.expect(stage.world.time.passed() < 5_000, "it is not hedged");
        stage.expect(stage.requests("gar", "HEAD") === 2, "not two requests are sent");
      });
    },
  },
  {
    name: "a destination that fails every write opens its circuit, after few requests",
    play: () =>
      play({ reply: (service) => (service === "gar" ? refusal(500, "UNKNOWN") : undefined) }, async (stage) => {
        for (let call = 0; call < 20 && told(stage).state === "closed"; call++) {
          const target = await stage.admitted("gar", call % 2 === 0 ? "app" : "web");
          await target.pushBlob(BLOB, { open }, signal).catch(() => undefined);
          await stage.process.sleep(1_100);
        }
        stage.expect(told(stage).state === "open", "the circuit stays closed");
        stage.expect(stage.requests("gar", "POST") <= 40, `${stage.requests("gar", "POST")} requests are sent`);
      }),
  },
  {
    name: "an odd challenge is forgotten when it gives no token",
    play() {
      let isFirst = true;
      return play(
        {
          reply(service, { url }) {
            if (service !== "source") return undefined;
            if (url.pathname === "/odd") return refusal(503, "UNAVAILABLE");
            if (!isFirst) return undefined;
            isFirst = false;
            return refusal(401, "UNAUTHORIZED", { "www-authenticate": `Bearer realm="https://${url.host}/odd"` });
          },
        },
        async (stage) => {
          const { source } = stage.open("gar");
          await source.resolve(TAG, signal).catch(() => undefined);
          await stage.process.sleep(60_000);
          await source.resolve(TAG, signal);
        },
      );
    },
  },
  {
    name: "a login that several wait for outlives the first of them",
    play: () =>
      play({}, async (stage) => {
        const { target } = stage.open("gar");
        const impatient = new AbortController();
        const first = target.resolve(TAG, impatient.signal).catch(() => undefined);
        const others = Array.from({ length: 64 }, () => target.resolve(TAG, signal));
        stage.world.time.after(1, () => impatient.abort(new Error("given up")));
        await Promise.all([first, ...others]);
      }),
  },
  {
    name: "an attachment that could not be listed was not put",
    play: () =>
      play(
        {
          reply: (service, { method, url }) =>
            service === "hub" && method === "PUT" && url.pathname.includes("/manifests/sha256-")
              ? refusal(503, "UNAVAILABLE")
              : undefined,
        },
        async (stage) => {
          const repository = stage.cloud.source.repository("app");
          const signature = addSignature(repository, addImage(repository, ["layer"]));
          const manifest = repository.manifests.get(signature.digest);
          const place = stage.cloud.places.get("hub")?.registry.repository("p/app");
          for (const [digest, bytes] of repository.blobs) place?.blobs.set(digest, bytes);
          if (manifest === undefined) throw new Error("there is no signature");
          const put = stage.open("hub").target.putManifest(manifest, manifest.digest, signal);
          const failed = await put.then(
            () => false,
            () => true,
          );
          stage.expect(failed, "it is said to be put");
        },
      ),
  },
  {
    name: "a hedge that finds no free turn is not sent",
    play: () =>
      play({ tookMs: (service) => (service === "gar" ? 10_000 : 0) }, async (stage) => {
        const { target } = stage.open("gar");
        await Promise.all(Array.from({ length: FIRST_LOT }, () => target.resolve(TAG, signal)));
        const heads = stage.requests("gar", "HEAD");
        stage.expect(heads === FIRST_LOT, `${heads} requests are sent for ${FIRST_LOT} turns`);
      }),
  },
  {
    name: "a refusal whose words break off is not taken for one for good",
    play: () =>
      play({}, async ({ cloud, world, open, expect }) => {
        world.outages.push({ service: "gar", from: 0, until: 3_600_000, kind: "drips" });
        const repository = cloud.source.repository("app");
        const manifest = repository.manifests.get(addImage(repository, ["layer"]).digest);
        if (manifest === undefined) throw new Error("there is no image");
        const failure: unknown = await open("gar")
          .target.putManifest(manifest, manifest.digest, signal)
          .catch((error: unknown) => error);
        expect(failure instanceof RegistryError && failure.category !== "permanent", `it ends with ${String(failure)}`);
      }),
  },
  {
    name: "one broken repository does not open the circuit of all",
    play: () =>
      play(
        {
          reply: (service, { url }) =>
            service === "gar" && url.pathname.includes("/app/") ? refusal(500, "UNKNOWN") : undefined,
        },
        async (stage) => {
          for (let call = 0; call < 30; call++) {
            const target = await stage.admitted("gar", call % 5 === 0 ? "web" : "app");
            await target.pushBlob(BLOB, { open }, signal).catch(() => undefined);
            await stage.process.sleep(1_100);
          }
          stage.expect(told(stage).state === "closed", "the circuit is open");
        },
      ),
  },
  {
    name: "a backfill leaves what was saved up to those who are in a hurry",
    play: () =>
      play({}, async (stage) => {
        await stage.process.sleep(60_000);
        await stage
          .open("gar", { priority: "backfill" })
          .target.resolve(TAG, signal)
          .catch(() => undefined);
        const before = stage.world.time.now();
        const { target } = stage.open("gar");
        await Promise.all(Array.from({ length: 200 }, () => target.resolve(TAG, signal)));
        const tookMs = stage.world.time.now() - before;
        stage.expect(tookMs < 2_000, `live requests wait for ${tookMs} ms`);
      }),
  },
  ...UPLOAD_SCENES,
  ...PROBE_SCENES,
  ...FUNCTION_SEAMS,
];
