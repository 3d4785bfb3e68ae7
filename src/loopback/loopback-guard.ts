import type { IncomingHttpHeaders, IncomingMessage, RequestListener, Server } from "node:http";

/** A name or address of this machine, with any port. */
const OWN_HOST = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/;

/**
 * Why a request does not come from a program on this machine; undefined when it does. A web page in a browser on this
 * machine can reach every local port. Its requests are recognized by `Origin` (Fetch standard, 3.2) and `Sec-Fetch-Site`
 * (Fetch Metadata), and after DNS rebinding by a foreign `Host`. A link that the user follows is let through.
 */
export function crossSiteProblem({ method, headers }: Pick<IncomingMessage, "method" | "headers">): string | undefined {
  const { host = "", origin } = headers;
  if (!OWN_HOST.test(host)) return "this server is for this machine: use http://127.0.0.1 or http://localhost";
  if (origin !== undefined && origin !== `http://${host}`) return "this server takes no requests from web sites";
  if (isCrossSite(headers) && !(method === "GET" && headers["sec-fetch-mode"] === "navigate")) {
    return "this server takes no requests from web sites";
  }
  return undefined;
}

function isCrossSite(headers: IncomingHttpHeaders): boolean {
  const site = headers["sec-fetch-site"];
  return site !== undefined && site !== "same-origin" && site !== "none";
}

/** Passes on requests of programs on this machine; answers all others 403. */
export function loopbackOnly(listener: RequestListener): RequestListener {
  return (request, response) => {
    const problem = crossSiteProblem(request);
    if (problem === undefined) return listener(request, response);
    request.resume();
    response.writeHead(403, { "content-type": "text/plain; charset=utf-8", connection: "close" }).end(`${problem}\n`);
  };
}

/** Adds {@link loopbackOnly}, and then `guard`, in front of the listeners of a server that a library has created. */
export function guardServer(server: Server, guard: (listener: RequestListener) => RequestListener): void {
  const listeners = server.listeners("request");
  server.removeAllListeners("request");
  server.on(
    "request",
    loopbackOnly(
      guard((request, response) => {
        for (const listener of listeners) Reflect.apply(listener, server, [request, response]);
      }),
    ),
  );
}
