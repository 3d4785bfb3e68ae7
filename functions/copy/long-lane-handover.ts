import { describeError } from "../../src/contract/telemetry/observer.ts";
import type { Observer } from "../../src/contract/telemetry/observer.ts";
import type { CopyRequest } from "../../src/replication/planning/copy-request.ts";

/** Puts a request on the queue of the long lane. */
export type SendToLongLane = (request: CopyRequest, signal: AbortSignal) => Promise<void>;

interface LongLaneHandover {
  readonly sendToLongLane?: SendToLongLane | undefined;
  readonly observer: Observer;
}

/**
 * Hands a request to the long lane. @returns true when its message is done. A crash before that leaves the request on both queues; the
 * lease of the tag serializes the two. False when it could not be handed over: its message is kept.
 */
export async function handOverToLongLane(
  request: CopyRequest | undefined,
  { sendToLongLane, observer }: LongLaneHandover,
  signal: AbortSignal,
): Promise<boolean> {
  if (request === undefined || sendToLongLane === undefined) return false;
  try {
    await sendToLongLane(request, signal);
    return true;
  } catch (error) {
    observer.warn("Request could not be handed to the long lane", {
      correlationId: request.id,
      destination: request.destination,
      error: describeError(error),
    });
    return false;
  }
}
