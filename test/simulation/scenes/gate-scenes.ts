import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import { NEVER } from "../../../src/async/abort.ts";
import { cosignTags } from "../../../src/oci/cosign-tags.ts";
import type { Descriptor } from "../../../src/oci/descriptor.ts";
import type { Digest } from "../../../src/oci/digest.ts";
import { configurationWith } from "../cloud/cloud.ts";
import { startCopyFunction } from "../cloud/copy-function.ts";
import { createFanOutFunction } from "../cloud/fan-out-function.ts";
import { addImage, addIndex, addSignature } from "../cloud/registry.ts";
import type { Repository } from "../cloud/registry.ts";
import { scheduleReconcile } from "../cloud/scheduled-functions.ts";
import type { Script } from "../http/site.ts";
import { play } from "./stage.ts";
import type { Scene, Stage } from "./stage.ts";

const MINUTE_MS = 60_000;
const SIGNED_MS = 30_000;
const END_MS: number = 58 * MINUTE_MS;
const WAIT_HOURS = 0.25;

/** An Ed25519 key from a number: its signatures are the same in every run (RFC 8410, "Private Key Format"). */
function keyOf(number: number) {
  const prefix = Buffer.from("302e020100300506032b657004220420", "hex");
  const key = createPrivateKey({
    key: Buffer.concat([prefix, Buffer.alloc(32, number)]),
    format: "der",
    type: "pkcs8",
  });
  return { key, pem: createPublicKey(key).export({ type: "spki", format: "pem" }).toString() };
}

const OURS = keyOf(1);
const FOREIGN = keyOf(2);

interface Gated extends Stage {
  readonly source: Repository;
  readonly target: Repository;
  readonly push: (image: Descriptor, tag?: string) => Digest;
  /** Signs an image as cosign does, by a referrer that also has cosign's tag. @param says the digest in the signed text. */
  readonly signImage: (image: Descriptor, key?: typeof OURS, says?: Digest) => void;
  /** Waits until so many milliseconds after the beginning. */
  readonly until: (ms: number) => Promise<void>;
}

/** Plays a rule whose images need a signature by our key. */
function gated(act: (gated: Gated) => Promise<void>, script: Script = {}): Promise<string[]> {
  const gate = { signatures: { keys: [{ name: "ours", pem: OURS.pem }] }, waitHours: WAIT_HOURS };
  const begin = async (stage: Stage): Promise<void> => {
    const { cloud, world, process } = stage;
    const source = cloud.source.repository("app");
    const target = cloud.places.get("gar")?.registry.repository("p/r/app");
    if (target === undefined) throw new Error("there is no target");
    startCopyFunction(cloud);
    scheduleReconcile(cloud, MINUTE_MS, END_MS);
    const deliver = createFanOutFunction(cloud);
    let events = 0;
    const push = ({ digest }: Descriptor, tag?: string): Digest => {
      if (tag !== undefined) source.tags.set(tag, digest);
      source.pushedAt.set(digest, world.time.now());
      deliver({ id: `e-${events++}`, repository: "app", tag, digest, at: world.time.now() });
      return digest;
    };
    const signImage: Gated["signImage"] = (image, { key } = OURS, says = image.digest) => {
      const critical = { image: { "docker-manifest-digest": says }, type: "cosign container image signature" };
      const payload = JSON.stringify({ critical, optional: null });
      const signature = sign(null, Buffer.from(payload), key).toString("base64");
      push(addSignature(source, image, { payload, signature }), cosignTags(image.digest)[0]);
    };
    const until = (ms: number): Promise<void> => process.sleep(ms - world.time.passed(), NEVER);
    await act({ ...stage, source, target, push, signImage, until });
  };
  return play(script, begin, undefined, configurationWith({ gate }, "gar"));
}

const written = (stage: Stage): number => stage.requests("gar", "POST") + stage.requests("gar", "PUT");

const endsOf = ({ cloud }: Stage, tag: string): string[] =>
  [...cloud.receipts.values()].filter(({ reference }) => reference === tag).map(({ outcome }) => outcome);

/** A gate that requires a signature: late, foreign and missing ones. */
export const GATE_SCENES: readonly Scene[] = [
  {
    name: "nothing of an image is sent before its signature, which comes 30 s later, and then both arrive",
    play: () =>
      gated(async (stage) => {
        const { source, target, push, signImage, until, expect, cloud } = stage;
        const image = addImage(source, ["layer 1"]);
        push(image, "v1");
        await until(SIGNED_MS);
        expect(written(stage) === 0, `${written(stage)} requests write to the target before the signature`);
        signImage(image);
        await until(2 * MINUTE_MS);
        expect(target.tags.get("v1") === image.digest, "it is not copied");
        expect((target.referrers.get(image.digest) ?? []).length === 1, "its signature is not copied");
        expect(cloud.dead.length === 0, "there is a dead letter");
        expect(endsOf(stage, "v1").join() === "replicated", `it ends as ${endsOf(stage, "v1").join()}`);
      }),
  },
  {
    name: "an image with foreign signatures is quarantined, and a comparison copies it after it is signed",
    play: () =>
      gated(async (stage) => {
        const { source, target, push, signImage, until, expect, cloud } = stage;
        const [image, other] = [addImage(source, ["layer 1"]), addImage(source, ["layer 2"])];
        push(image, "v1");
        signImage(image, FOREIGN);
        signImage(image, OURS, other.digest);
        await until(WAIT_HOURS * 60 * MINUTE_MS + 2 * MINUTE_MS);
        expect(written(stage) === 0, `${written(stage)} requests write to the target without a signature`);
        expect(endsOf(stage, "v1").includes("quarantined"), "it is not quarantined");
        await until(30 * MINUTE_MS);
        const kept = endsOf(stage, "v1").length;
        await until(43 * MINUTE_MS);
        expect(endsOf(stage, "v1").length === kept, "it is asked about again although nothing has changed");
        signImage(image);
        await until(END_MS);
        expect(target.tags.get("v1") === image.digest, "it is not copied after it is signed");
        expect(cloud.dead.length === 0, "there is a dead letter");
      }),
  },
  {
    name: "platforms of an index are not copied before the index passes its gate",
    play: () =>
      gated(async (stage) => {
        const { source, push, until, expect } = stage;
        const child = addImage(source, [`layer ${"x".repeat(1_000)}`]);
        push(child);
        await until(MINUTE_MS);
        push(addIndex(source, [child]), "v1");
        await until(5 * MINUTE_MS);
        expect(written(stage) === 0, `${written(stage)} requests write to the target`);
      }),
  },
];
