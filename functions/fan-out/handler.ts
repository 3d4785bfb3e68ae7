import type { Configuration } from "../../src/contract/configuration.ts";
import { Metric } from "../../src/contract/metric-names.ts";
import type { Observer } from "../../src/contract/observer.ts";
import { traceparentOf } from "../../src/contract/trace.ts";
import type { CopyRequest } from "../../src/replication/copy-request.ts";
import { readEcrEvent } from "../../src/replication/image-pushed.ts";
import { planCopies } from "../../src/replication/plan-copies.ts";

export interface FanOutDependencies {
  readonly configuration: Configuration;
  /** Queues every request, or throws: then the event comes again. */
  readonly send: (requests: readonly CopyRequest[]) => Promise<void>;
  readonly observer: Observer;
}

/** What became of an event. */
export type FanOutReport =
  | { readonly outcome: "requested"; readonly requests: number }
  | { readonly outcome: "ignored"; readonly reason: string }
  | { readonly outcome: "malformed"; readonly problem: string };

/**
 * One ECR event -> one request per destination. An event that asks for nothing, or cannot be read, is recorded and done:
 * bringing it again would change nothing.
 */
export function createHandler({ configuration, send, observer }: FanOutDependencies) {
  return async (event: unknown): Promise<FanOutReport> => {
    const read = readEcrEvent(event, configuration.source);
    if (read.kind === "malformed") {
      observer.error("Event outside of ECR's schema; nothing is copied for it", { problem: read.problem });
      observer.count(Metric.malformed, 1);
      return { outcome: "malformed", problem: read.problem };
    }
    const requests = read.kind === "pushed" ? planCopies(read.pushed, configuration.rules) : [];
    if (requests.length === 0) {
      const reason = read.kind === "ignored" ? read.reason : "no rule matches";
      observer.info("Event asks for no copy", { reason });
      observer.count(Metric.ignored, 1);
      return { outcome: "ignored", reason };
    }
    await send(requests);
    for (const { id, destination, repository, reference } of requests) {
      const traceparent = traceparentOf(id);
      observer.info("Copy requested", { correlationId: id, traceparent, destination, repository, reference });
      observer.count(Metric.requested, 1, destination);
    }
    return { outcome: "requested", requests: requests.length };
  };
}
