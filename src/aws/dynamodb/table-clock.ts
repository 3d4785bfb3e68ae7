import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import * as z from "zod";

const WithDate = z.object({ response: z.object({ headers: z.object({ date: z.string() }) }) });

/** The Date header has whole seconds: the true time is up to this many milliseconds later. */
const RESOLUTION_MS = 1_000;

/**
 * The time of the table, in epoch milliseconds. One container writes a lease and others read it, and their own clocks may differ. This
 * clock follows the Date header of every response (RFC 9110, 6.6.1) and advances by a monotonic clock in between. After a fast
 * response it is right within a second; a slow response moves it no further than that response proves.
 * @param elapsed milliseconds on a monotonic clock.
 */
export function createTableClock(
  client: Pick<DynamoDBDocumentClient, "middlewareStack">,
  elapsed: () => number = () => performance.now(),
  system: () => number = Date.now,
): () => number {
  let offset = system() - elapsed();
  client.middlewareStack.add(
    (next) => async (request) => {
      const sentAt = elapsed();
      const answer = await next(request);
      const date = Date.parse(WithDate.safeParse(answer).data?.response.headers.date ?? "");
      if (!Number.isNaN(date)) learn(date, sentAt);
      return answer;
    },
    { step: "deserialize", priority: "low", name: "tableClock" },
  );

  /**
   * The date is truncated to whole seconds and was written some time between request and response, so it only bounds the offset. An
   * offset within the bounds stays; any other moves to the nearest bound.
   */
  function learn(date: number, sentAt: number): void {
    const earliest = date - elapsed();
    const latest = date + RESOLUTION_MS - sentAt;
    offset = Math.min(Math.max(offset, earliest), latest);
  }

  return () => Math.round(offset + elapsed());
}
