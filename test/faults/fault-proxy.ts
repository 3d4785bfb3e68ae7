import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { request as send } from "undici";
import type { Dispatcher } from "undici";
import { startHttpServer } from "../../local/http/http-server.ts";

/** One request on its way through the proxy, for a fault to spoil. */
export interface Passing {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Uniform in [0, 1), from the seed. */
  readonly random: () => number;
  /** Sends the request on and gives the registry's own answer, body not yet read. */
  readonly forward: () => Promise<Dispatcher.ResponseData>;
}

/** A fault: which requests it hits, how many of them, and what it does to one. */
export interface Spoil {
  readonly hits: (request: IncomingMessage) => boolean;
  /** Requests spoiled, after which the line is good. */
  readonly times: number;
  readonly act: (passing: Passing) => void | Promise<void>;
}

export interface FaultProxy extends AsyncDisposable {
  readonly host: string;
  /** Bytes of request bodies that have come, spoiled requests included. */
  readonly bytesIn: () => number;
  readonly requests: () => number;
}

/** An HTTP proxy before a registry that spoils some requests, and passes the others on untouched. */
export async function startFaultProxy(
  behind: string,
  spoil: Spoil | undefined,
  random: () => number,
): Promise<FaultProxy> {
  let left = spoil?.times ?? 0;
  let bytesIn = 0;
  let requests = 0;
  const server = await startHttpServer((request, response) => {
    requests++;
    request.on("error", () => undefined);
    countArrivals(request, (bytes) => (bytesIn += bytes));
    const forward: Passing["forward"] = () => {
      const { host: _host, connection: _connection, ...own } = request.headers;
      const hasBody = request.method === "PUT" || request.method === "PATCH";
      return send(`http://${behind}${request.url}`, {
        method: request.method as Dispatcher.HttpMethod,
        headers: own,
        body: hasBody ? request : null,
      });
    };
    const isHit = spoil !== undefined && left > 0 && spoil.hits(request);
    if (isHit) left--;
    const passing = { request, response, random, forward };
    Promise.resolve(isHit ? spoil.act(passing) : pass(passing)).catch(() => response.destroy());
  });
  return {
    host: server.host,
    bytesIn: () => bytesIn,
    requests: () => requests,
    [Symbol.asyncDispose]: () => server.close(),
  };
}

/** Passes a request on as it is. */
export async function pass({ response, forward }: Passing): Promise<void> {
  const { statusCode, headers, body } = await forward();
  response.writeHead(statusCode, plain(headers));
  for await (const chunk of body) if (!response.write(chunk)) await once(response, "drain");
  response.end();
}

/** Headers that are not those of one hop. */
export function plain(headers: Dispatcher.ResponseData["headers"]): Record<string, string | string[]> {
  const { connection: _connection, "keep-alive": _keepAlive, "transfer-encoding": _encoding, ...rest } = headers;
  return Object.fromEntries(
    Object.entries(rest).filter((entry): entry is [string, string | string[]] => entry[1] !== undefined),
  );
}

/** Counts a request's body as it arrives, whoever reads it later, or nobody. */
function countArrivals(request: IncomingMessage, count: (bytes: number) => void): void {
  const push = request.push.bind(request);
  request.push = (chunk: unknown, encoding) => {
    if (chunk instanceof Uint8Array) count(chunk.byteLength);
    return push(chunk, encoding);
  };
}
