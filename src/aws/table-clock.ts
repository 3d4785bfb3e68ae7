import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import * as z from "zod";

const WithDate = z.object({ response: z.object({ headers: z.object({ date: z.string() }) }) });

/** An answer's time is a whole second: the true one is up to this much later, in milliseconds. */
const RESOLUTION_MS = 1_000;

/**
 * The time of the table, in epoch milliseconds: leases are written by one container and read by others, and their own clocks
 * may differ. Follows the Date header of every answer (RFC 9110, 6.6.1), and goes on by a clock that nobody sets. Right
 * within a second; our own time until the first answer.
 * @param elapsed milliseconds on a clock that never jumps.
 */
export function createTableClock(
  client: Pick<DynamoDBDocumentClient, "middlewareStack">,
  elapsed: () => number = () => performance.now(),
  system: () => number = Date.now,
): () => number {
  let offset = system() - elapsed();
  let isKnown = false;
  client.middlewareStack.add(
    (next) => async (request) => {
      const answer = await next(request);
      const date = Date.parse(WithDate.safeParse(answer).data?.response.headers.date ?? "");
      if (!Number.isNaN(date)) learn(date - elapsed());
      return answer;
    },
    { step: "deserialize", priority: "low", name: "tableClock" },
  );

  /** Dates are cut to whole seconds and travel for a while: the latest one is the nearest to the truth. */
  function learn(seen: number): void {
    const isWithin = seen <= offset && offset < seen + RESOLUTION_MS;
    if (!isKnown || !isWithin) offset = seen;
    isKnown = true;
  }

  return () => Math.round(offset + elapsed());
}
