import { createHandler } from "../../functions/fan-out/handler.ts";
import { ecrPushEvent } from "../../local/emulators/ecr-events.ts";
import type { Digest } from "../../src/oci/digest.ts";
import { MediaType } from "../../src/oci/media-type.ts";
import { configuration, SILENT } from "./cloud.ts";
import type { Cloud } from "./cloud.ts";
import { createProcess } from "./world.ts";

/** Pause before EventBridge brings an event again that was not taken, in milliseconds. */
const RETRY_MS = 5_000;

/** Runs the fan-out function on events, as EventBridge does: again until it has returned. */
export function createFanOutFunction(cloud: Cloud): (event: PushEvent) => void {
  const { world, queue } = cloud;
  let invocations = 0;
  return function deliver(event) {
    const process = createProcess(world, `fan-out-${invocations++}`);
    const failure = (): Error => new Error("the queue cannot be reached");
    const handle = createHandler({
      configuration,
      observer: SILENT,
      send: async (requests) => {
        for (const request of requests) {
          const effect = (): void => queue.send(JSON.stringify(request), "live");
          await process.call({ service: "queue", what: `queues ${request.id} ${request.reference}`, effect, failure });
        }
      },
    });
    let hasReturned = false;
    void handle(pushEventOf(event)).then(
      () => (hasReturned = true),
      () => undefined,
    );
    // What has died cannot say so: it is found out by waiting.
    world.time.after(RETRY_MS + world.random() * RETRY_MS, () => {
      if (!hasReturned) deliver(event);
    });
  };
}

export interface PushEvent {
  readonly id: string;
  readonly tag: string;
  readonly digest: Digest;
  /** Milliseconds since the beginning. */
  readonly at: number;
}

function pushEventOf({ id, tag, digest, at }: PushEvent): unknown {
  const { account, region } = configuration.source;
  const stored = { repository: "app", digest, mediaType: MediaType.ociManifest, tag };
  return ecrPushEvent(stored, { id, account, region, at: new Date(at) });
}
