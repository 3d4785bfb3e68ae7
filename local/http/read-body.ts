import type { IncomingMessage } from "node:http";

/** A request's whole body as text; more than `limit` bytes are refused. */
export async function readBody(request: IncomingMessage, limit: number = 1024 * 1024): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    length += bytes.byteLength;
    if (length > limit) throw new RangeError(`the request's body has more than ${limit} bytes`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString();
}
