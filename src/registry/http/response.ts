import type { Cut } from "../redaction/secrets.ts";
import type { HttpAnswer, HttpBody } from "./http.ts";
import { watchedWhole } from "./stall-watchdog.ts";
import type { Watch } from "./stall-watchdog.ts";

/** An answer whose body still has to be read, dumped or destroyed: exactly one of the three, by whoever holds it. */
export interface Answer {
  readonly status: number;
  /** Where it came from after redirects; a relative Location is relative to this. */
  readonly url: URL;
  readonly body: HttpBody;
  /** How long its body is waited for. */
  readonly watch: Watch;
  /** A text without the secrets that were sent: servers quote them. */
  readonly cut: Cut;
  /** A header's value, the first one when it is there several times. */
  header(name: string): string | undefined;
  /** All its values, one for each time it is there. */
  headers(name: string): readonly string[];
}

export function toAnswer(
  { statusCode, headers, body }: HttpAnswer,
  about: Pick<Answer, "url" | "watch" | "cut">,
): Answer {
  const valuesOf = (name: string): readonly string[] => [headers[name] ?? []].flat();
  return { ...about, status: statusCode, body, header: (name) => valuesOf(name)[0], headers: valuesOf };
}

/** Lets go of a body: short ones that come at once are read so that the connection lives on, others are cut off. */
export async function discard({ body, watch }: Answer): Promise<void> {
  const over = Promise.withResolvers<void>();
  const cancel = watch.clock.after(watch.patience.restMs, () => {
    cut(body);
    over.resolve();
  });
  await Promise.race([body.dump({ limit: 16_384 }).catch(() => undefined), over.promise]);
  cancel();
}

/** Cuts a body off, its connection with it. What it then complains about is nobody's concern: nobody reads it. */
export function cut(body: Answer["body"]): void {
  body.on("error", () => undefined);
  body.destroy();
}

/** How long the words of an error may take, in milliseconds: its status is known already. */
const WORDS_MS = 5_000;

/** The first bytes of a body, `limit` at most, and only those that come in time: the rest is cut off. Never fails. */
export async function readUpTo(answer: Answer, limit: number): Promise<Words> {
  const read: Collected = { chunks: [], length: 0 };
  let isCut = false;
  const cancel = answer.watch.clock.after(WORDS_MS, () => {
    isCut = true;
    cut(answer.body);
  });
  await collect(answer, limit, read).catch(() => (isCut = true));
  cancel();
  return { bytes: Buffer.concat(read.chunks).subarray(0, limit), isCut };
}

/** What an answer says, as far as it came. */
export interface Words {
  readonly bytes: Uint8Array;
  /** It broke off, or came too slowly. */
  readonly isCut: boolean;
}

/**
 * A whole body, or undefined when it is longer than `limit` bytes; then the connection is cut.
 * @throws {StallError} when it stalls, drips, or is not whole in time.
 */
export async function readWhole(answer: Answer, limit: number): Promise<Uint8Array | undefined> {
  const read: Collected = { chunks: [], length: 0 };
  await collect(answer, limit, read);
  return read.length > limit ? undefined : Buffer.concat(read.chunks);
}

interface Collected {
  readonly chunks: Uint8Array[];
  length: number;
}

async function collect({ body, watch }: Answer, limit: number, into: Collected): Promise<void> {
  // Leaving the loop early destroys the body, which closes its connection.
  for await (const chunk of watchedWhole(body, watch)) {
    into.chunks.push(chunk);
    into.length += chunk.byteLength;
    if (into.length > limit) return;
  }
}
