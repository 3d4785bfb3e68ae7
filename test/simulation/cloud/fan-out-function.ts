import { createHandler } from "../../../functions/fan-out/handler.ts";
import { ecrPushEvent } from "../../../local/events/ecr-events.ts";
import type { Digest } from "../../../src/oci/digest.ts";
import { MediaType } from "../../../src/oci/media-type.ts";
import { SILENT } from "./cloud.ts";
import type { Cloud } from "./cloud.ts";
import { pendingOf, receiptsOf, storeOf } from "./ports.ts";
import { keyOf } from "../../fixtures/pending-map.ts";
import { NEVER } from "../../../src/async/abort.ts";
import { createProcess } from "../world/process.ts";

/**
 * Lambda retries a failed invocation twice, after one and after two minutes. Then the event goes to the function's onFailure
 * destination (Lambda developer guide, "How Lambda handles errors and retries with asynchronous invocation"). EventBridge has
 * delivered it already, and does not learn of the failure.
 */
const RETRIES_MS = [60_000, 120_000] as const;
/** Timeout of the function, in milliseconds: then Lambda notices that an invocation has died. */
const TIMEOUT_MS = 30_000;

/** Invokes the fan-out function with events, as Lambda does asynchronously. */
export function createFanOutFunction(cloud: Cloud): (event: PushEvent) => void {
  const { world, places } = cloud;
  let invocations = 0;

  async function invoke(event: PushEvent): Promise<void> {
    const process = createProcess(world, `fan-out-${invocations++}`);
    const failure = (): Error => new Error("the queue cannot be reached");
    const feed = cloud.feed?.(process);
    const configuration = feed === undefined ? cloud.configuration : await feed.current(NEVER);
    const handle = createHandler({
      configuration,
      observer: SILENT,
      now: () => world.time.now(),
      receipts: receiptsOf(process, cloud.receipts),
      pushes: pendingOf(process, cloud.pending, (push) => cloud.accepted.add(keyOf(push))),
      deletions: storeOf(process, cloud.deletions, "deletions"),
      send: async (requests, signal, delaySeconds) => {
        for (const request of requests) {
          const { destination, id, repository, reference } = request;
          const effect = (): void =>
            places.get(destination)?.queue.send(JSON.stringify(request), "live", delaySeconds * 1_000);
          const what = `queues ${id} ${repository}:${reference} to ${destination}`;
          await process.call({ service: "queue", what, effect, failure, signal });
        }
      },
      sendPreCopies: async (requests, signal) => {
        for (const request of requests) {
          const { destination, id, repository } = request;
          const effect = (): void => places.get(destination)?.queue.send(JSON.stringify(request), "backfill");
          const what = `queues the pre-copy ${id} of ${repository} to ${destination}`;
          await process.call({ service: "queue", what, effect, failure, signal });
        }
      },
    });
    await handle(pushEventOf(event, cloud), process.name, NEVER);
  }

  return function deliver(event, failures = 0) {
    let isOver = false;
    const fail = (): void => {
      if (isOver) return;
      isOver = true;
      const waitMs = RETRIES_MS[failures];
      if (waitMs !== undefined) return void world.time.after(waitMs, () => deliver(event, failures + 1));
      world.note(`the event ${event.id} goes to the queue of undelivered events`);
      cloud.undelivered.push(event.id);
    };
    world.time.after(TIMEOUT_MS, fail);
    void invoke(event).then(() => (isOver = true), fail);
  } satisfies (event: PushEvent, failures?: number) => void;
}

export interface PushEvent {
  readonly id: string;
  readonly repository: string;
  /** Undefined for a manifest that is pushed by its digest. */
  readonly tag: string | undefined;
  readonly digest: Digest;
  /** Epoch milliseconds. */
  readonly at: number;
  /** The tag was deleted, and not pushed. */
  readonly isDelete?: boolean;
}

function pushEventOf({ id, repository, tag, digest, at, isDelete }: PushEvent, { configuration }: Cloud): unknown {
  const { account, region } = configuration.source;
  const stored = { repository, digest, mediaType: MediaType.ociManifest, tag };
  const event = ecrPushEvent(stored, { id, account, region, at: new Date(at) });
  return isDelete === true ? { ...event, detail: { ...event.detail, "action-type": "DELETE" } } : event;
}
