import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import * as z from "zod";

const WithDate = z.object({ response: z.object({ headers: z.object({ date: z.string() }) }) });

/** An answer's time is a whole second: the true one is up to this much later, in milliseconds. */
const RESOLUTION_MS = 1_000;

/**
 * The time of the table, in epoch milliseconds: leases are written by one container and read by others, and their own clocks
 * may differ. Follows the Date header of every answer (RFC 9110, 6.6.1), and goes on by a clock that nobody sets. Right
 * within a second after an answer that came at once; a slow answer moves it no further than it proves.
 * @param elapsed milliseconds on a clock that never jumps.
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
   * A date is cut to the whole second, and was written between sending and arrival: a slow answer says little. What we
   * believed stays as long as the answer allows it, and otherwise moves to the nearest time that the answer allows.
   */
  function learn(date: number, sentAt: number): void {
    const earliest = date - elapsed();
    const latest = date + RESOLUTION_MS - sentAt;
    offset = Math.min(Math.max(offset, earliest), latest);
  }

  return () => Math.round(offset + elapsed());
}
