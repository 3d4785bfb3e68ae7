import { subscribe, unsubscribe } from "node:diagnostics_channel";
import * as z from "zod";
import type { Screen } from "./terminal.ts";

/** What undici publishes when the headers of an answer have come (undici, "Diagnostics Channel Support"). */
const Answered = z.object({
  request: z.object({ method: z.string(), origin: z.union([z.string(), z.instanceof(URL)]), path: z.string() }),
  response: z.object({ statusCode: z.number() }),
});
const CHANNEL = "undici:request:headers";

/** Says every request that is answered, without its query: signed links have their signature there. */
export function logRequests(screen: Screen): Disposable {
  const log = (message: unknown): void => {
    const answered = Answered.safeParse(message).data;
    if (answered === undefined) return;
    const { method, origin, path } = answered.request;
    const url = new URL(path, origin);
    screen.lines([`${method} ${url.origin}${url.pathname} ${answered.response.statusCode}`]);
  };
  subscribe(CHANNEL, log);
  return { [Symbol.dispose]: () => void unsubscribe(CHANNEL, log) };
}
