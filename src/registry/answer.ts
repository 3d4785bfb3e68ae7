import type { HttpAnswer, HttpBody } from "./http.ts";

/** An answer whose body still has to be read, dumped or destroyed: exactly one of the three, by whoever holds it. */
export interface Answer {
  readonly status: number;
  /** Where it came from after redirects; a relative Location is relative to this. */
  readonly url: URL;
  readonly body: HttpBody;
  /** A header's value, the first one when it is there several times. */
  header(name: string): string | undefined;
  /** All its values, one for each time it is there. */
  headers(name: string): readonly string[];
}

export function toAnswer({ statusCode, headers, body }: HttpAnswer, url: URL): Answer {
  const valuesOf = (name: string): readonly string[] => [headers[name] ?? []].flat();
  return { status: statusCode, url, body, header: (name) => valuesOf(name)[0], headers: valuesOf };
}

/** Lets go of a body nobody wants: small ones are read so that the connection lives on, others cut it. */
export async function discard(answer: Answer): Promise<void> {
  await answer.body.dump({ limit: 16_384 }).catch(() => undefined);
}

/** Cuts a body off, its connection with it. What it then complains about is nobody's concern: nobody reads it. */
export function cut(body: Answer["body"]): void {
  body.on("error", () => undefined);
  body.destroy();
}

/** The first `limit` bytes of a body, the rest cut off. */
export async function readUpTo(answer: Answer, limit: number): Promise<Uint8Array> {
  const { bytes } = await collect(answer, limit);
  return bytes;
}

/** A whole body, or undefined when it is longer than `limit` bytes; then the connection is cut. */
export async function readWhole(answer: Answer, limit: number): Promise<Uint8Array | undefined> {
  const { bytes, complete } = await collect(answer, limit);
  return complete ? bytes : undefined;
}

async function collect(answer: Answer, limit: number): Promise<{ bytes: Uint8Array; complete: boolean }> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop early destroys the body, which closes its connection.
  for await (const chunk of answer.body) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError("an HTTP body gives bytes");
    chunks.push(chunk);
    length += chunk.byteLength;
    if (length > limit) return { bytes: Buffer.concat(chunks).subarray(0, limit), complete: false };
  }
  return { bytes: Buffer.concat(chunks), complete: true };
}
