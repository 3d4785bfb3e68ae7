import { subscribe, unsubscribe } from "node:diagnostics_channel";
import * as z from "zod";
import type { Screen } from "./terminal.ts";

/** What undici publishes when it has received the headers of a response (undici, "Diagnostics Channel Support"). */
const Answered = z.object({
  request: z.object({ method: z.string(), origin: z.union([z.string(), z.instanceof(URL)]), path: z.string() }),
  response: z.object({ statusCode: z.number() }),
});
const CHANNEL = "undici:request:headers";

/** Prints every answered request, without its query, which holds the signature of a signed URL. Dispose to stop. */
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
