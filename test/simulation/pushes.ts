import type { Descriptor } from "../../src/oci/descriptor.ts";
import type { Digest } from "../../src/oci/digest.ts";
import type { Cloud } from "./cloud/cloud.ts";
import { createFanOutFunction } from "./cloud/fan-out-function.ts";
import type { PushEvent } from "./cloud/fan-out-function.ts";
import { addImage, addIndex, addSignature, collectGarbage } from "./cloud/registry.ts";

/** Repositories and their tags. */
const TAGS = [
  ["app", "v1"],
  ["app", "v2"],
  ["web", "v1"],
] as const;

/** The pushes at the source, and the fate of their events. Tags are `repository:tag`. */
export interface History {
  /** By tag: the digests that it has named, in order. */
  readonly pushes: Map<string, Digest[]>;
  /** The event of each tag's newest push. */
  readonly newest: Map<string, string>;
  /** Ids of the lost events. */
  readonly lost: Set<string>;
  /** The delivered events. */
  readonly heard: PushEvent[];
  /** Signatures by their subjects. */
  readonly signatures: Map<Digest, Digest>;
}

export function createHistory(): History {
  return { pushes: new Map(), newest: new Map(), lost: new Set(), heard: [], signatures: new Map() };
}

/** Pushes images that share layers, among them `more`. Their events may be lost, duplicated, late and out of order. @param wave begins their ids. */
export function schedulePushes(
  cloud: Cloud,
  history: History,
  end: number,
  more: readonly string[] = [],
  wave = "e",
): void {
  const { world, source } = cloud;
  const { time, random } = world;
  const announce = createAnnouncer(cloud, history);
  const usual = Array.from(
    { length: 6 },
    (_, index) => `layer ${index} ${"x".repeat(random() < 0.1 ? 1_200_000 : 100)}`,
  );
  const layers = [...usual, ...more];
  const pick = (): string[] => layers.filter(() => random() < 0.5);
  const pushes = 1 + Math.floor(random() * 4);
  const isSigned = random() < 0.3;
  for (const [name, tag] of TAGS) {
    for (let push = 0; push < pushes; push++) {
      time.after(random() * end, () => {
        const repository = source.repository(name);
        const image = (): Descriptor => addImage(repository, [...pick(), `${name} ${tag} ${push} ${random()}`]);
        const pushed = random() < 0.3 ? addIndex(repository, [image(), image()]) : image();
        const { digest } = pushed;
        if (isSigned) history.signatures.set(digest, addSignature(repository, pushed).digest);
        setTag(cloud, history, { repository: name, tag, digest });
        announce({ id: `${wave}-${name}-${tag}-${push}`, repository: name, tag, digest, at: time.now() });
      });
    }
  }
}

/** Moves a tag at the source. */
export function setTag(
  { world, source }: Cloud,
  { pushes }: History,
  { repository, tag, digest }: { readonly repository: string; readonly tag: string; readonly digest: Digest },
): void {
  const { tags, pushedAt } = source.repository(repository);
  tags.set(tag, digest);
  pushedAt.set(digest, world.time.now());
  const key = `${repository}:${tag}`;
  const before = pushes.get(key) ?? [];
  pushes.set(key, [...before, digest]);
  world.note(`push ${before.length} of ${key}: ${digest.slice(7, 13)}`);
}

/** Sends the event of a push, which may be lost, duplicated, late and out of order. */
export function createAnnouncer(cloud: Cloud, history: History): (event: PushEvent) => void {
  const { world } = cloud;
  const { time, random } = world;
  const deliver = createFanOutFunction(cloud);
  return (event) => {
    const { slow, lostRequest } = world.odds();
    if (event.tag !== undefined) history.newest.set(`${event.repository}:${event.tag}`, event.id);
    if (random() < lostRequest) {
      history.lost.add(event.id);
      return world.note(`the event ${event.id} is lost`);
    }
    history.heard.push(event);
    const copies = random() < slow ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      time.after(random() * (random() < slow ? 30_000 : 1_000), () => deliver(event));
    }
  };
}

/** Now and then collects the blobs that no manifest points to yet, although the target has reported them as present. */
export function scheduleGarbage({ world, places }: Cloud, end: number): void {
  const { time, random } = world;
  if (random() > 0.3) return;
  for (let at = 10_000; at < end; at += 20_000 * random() + 5_000) {
    time.after(at, () => {
      for (const [name, { registry }] of places) {
        const collected = collectGarbage(registry);
        if (collected > 0) world.note(`${name} collects ${collected} blobs`);
      }
    });
  }
}

/** Revokes every login at once, long before it expires. */
export function scheduleRevocation({ world, passwords }: Cloud, end: number): void {
  world.time.after(world.random() * end, () => {
    world.note("all logins are revoked");
    passwords.ecr.revoke();
    passwords.google.revoke();
  });
}
