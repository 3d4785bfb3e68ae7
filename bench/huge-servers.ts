import { createHash, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

// A source that makes up a huge blob and breaks every so often, and a target that keeps nothing but a hash; a process of
// their own. Arguments: bytes, bytes between breaks (0 for none). Prints one JSON line, and another for every upload.

const [size = 0, between = 0] = process.argv.slice(2).map(Number);
const block = randomBytes(1024 * 1024);
const whole = createHash("sha256");
for (let at = 0; at < size; at += block.byteLength)
  whole.update(block.subarray(0, Math.min(block.byteLength, size - at)));
const digest = `sha256:${whole.digest("hex")}`;
let breaks = 0;

/** Sends the blob from an offset, as fast as it is read, until the next break. */
function send(request: IncomingMessage, response: ServerResponse): void {
  const [, first] = /^bytes=(\d+)-/.exec(request.headers.range ?? "") ?? [];
  const start = Number(first ?? 0);
  const end = between === 0 ? size : Math.min(size, start + between);
  response.writeHead(first === undefined ? 200 : 206, {
    "content-length": size - start,
    ...(first === undefined ? {} : { "content-range": `bytes ${start}-${size - 1}/${size}` }),
  });
  let at = start;
  const more = (): void => {
    while (at < end) {
      const offset = at % block.byteLength;
      const piece = block.subarray(offset, Math.min(block.byteLength, offset + end - at));
      at += piece.byteLength;
      if (!response.write(piece)) return void response.once("drain", more);
    }
    if (end === size) return void response.end();
    breaks++;
    response.socket?.resetAndDestroy();
  };
  more();
}

async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of request) {
    const piece: Buffer = chunk;
    hash.update(piece);
    bytes += piece.byteLength;
  }
  const isRight = `sha256:${hash.digest("hex")}` === digest;
  process.stdout.write(`${JSON.stringify({ bytes, breaks, isRight })}\n`);
  response.writeHead(isRight ? 201 : 400).end();
}

const server = createServer((request, response) => {
  if (request.method === "GET") send(request, response);
  else if (request.method === "POST") response.writeHead(202, { location: "/upload" }).end();
  else void take(request, response).catch(() => response.destroy());
});
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ host: `127.0.0.1:${port}`, digest })}\n`);
});
