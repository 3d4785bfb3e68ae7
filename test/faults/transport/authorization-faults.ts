import { startHttpServer } from "../../../src/loopback/http-server.ts";
import { fixedCredentials } from "../../../src/registry/credentials/credentials.ts";
import { fault } from "./fault.ts";
import type { Fault, LineFault } from "./fault.ts";
import { pass, startFaultProxy } from "../../fixtures/servers/fault-proxy.ts";
import type { Passing, Spoil } from "../../fixtures/servers/fault-proxy.ts";

/** Tokens of a token server: the newest is valid, all older ones have expired. */
function tokenService() {
  let issued = 0;
  return {
    expire: () => void issued++,
    isGood: ({ request }: Passing) => request.headers.authorization === `Bearer token-${issued}`,
    issue: ({ response }: Passing) =>
      void response.writeHead(200, { "content-type": "application/json" }).end(`{"token":"token-${issued}"}`),
    challenge({ request, response }: Passing) {
      const realm = `http://${request.headers.host}/token`;
      if (request.method === "PUT") request.resume();
      response.writeHead(401, { "www-authenticate": `Bearer realm="${realm}",service="registry"` }).end();
    },
  };
}

/** A registry with a token server. `expires` decides when the current token expires. */
function withTokens(expires: (passing: Passing) => boolean): Spoil {
  const tokens = tokenService();
  return {
    hits: () => true,
    times: Number.POSITIVE_INFINITY,
    async act(passing) {
      if (passing.request.url?.startsWith("/token") === true) return tokens.issue(passing);
      if (expires(passing)) tokens.expire();
      return tokens.isGood(passing) ? pass(passing) : tokens.challenge(passing);
    },
  };
}

/** Each download is redirected to a link on another host that is valid once, and breaks off in the middle. */
const linksThatExpire: LineFault = async ({ behind, random, stack }) => {
  const used = new Set<string>();
  const store = await startHttpServer((request, response) => {
    const link = new URL(request.url ?? "/", "http://store");
    const isFirst = !used.has(link.search);
    used.add(link.search);
    if (!isFirst || request.headers.authorization !== undefined) return void response.writeHead(403).end("expired");
    void serve(`http://${behind}${link.pathname}`, request.headers.range).catch(() => response.destroy());

    async function serve(url: string, range: string | undefined): Promise<void> {
      const answer = await fetch(url, { headers: range === undefined ? {} : { range } });
      const bytes = Buffer.from(await answer.arrayBuffer());
      const headers = {
        "content-length": bytes.byteLength,
        "content-range": answer.headers.get("content-range") ?? "",
      };
      response.writeHead(answer.status, answer.status === 206 ? headers : { "content-length": bytes.byteLength });
      if (used.size > 4) return void response.end(bytes);
      response.write(bytes.subarray(0, Math.floor(random() * bytes.byteLength)), () =>
        response.socket?.resetAndDestroy(),
      );
    }
  });
  stack.defer(() => store.close());
  let links = 0;
  const redirect: Spoil = {
    hits: ({ method, url }) => method === "GET" && url?.includes("/blobs/sha256:") === true,
    times: Number.POSITIVE_INFINITY,
    act: ({ request, response }) => {
      const location = `http://${store.host}${request.url}?X-Amz-Signature=${links++}`;
      response.writeHead(307, { location }).end();
    },
  };
  const proxy = stack.use(await startFaultProxy(behind, redirect, random));
  const credentials = fixedCredentials({ kind: "basic", username: "AWS", password: "secret" });
  return { host: proxy.host, endpoint: { allowedHosts: [store.host], credentials } };
};

/** Strikes at random requests of a kind, at most `times` times, and at no request twice. */
function sometimes(times: number, hits: Spoil["hits"]): (passing: Passing) => boolean {
  const struck = new Set<string>();
  return ({ request, random }) => {
    const what = `${request.method} ${request.url}`;
    if (struck.size === times || struck.has(what) || !hits(request) || random() < 0.5) return false;
    struck.add(what);
    return true;
  };
}

/** Tokens and signed links that expire. */
export const AUTHORIZATION_FAULTS: readonly (() => Fault)[] = [
  fault({ id: "N22", side: "source", what: "401 at first, with a token server" }, () => ({
    spoil: withTokens(() => false),
  })),
  fault({ id: "N22", side: "target", what: "401 at first, with a token server" }, () => ({
    spoil: withTokens(() => false),
  })),
  fault({ id: "N23", side: "source", what: "the token expires between requests" }, () => ({
    spoil: withTokens(sometimes(3, () => true)),
  })),
  fault(
    {
      id: "N23",
      side: "target",
      what: "the token expires when an upload arrives",
      // Concurrent uploads use the same token.
      resends: "the image",
      strikes: 2,
    },
    () => ({
      spoil: withTokens(sometimes(2, ({ method, url }) => method === "PUT" && url?.includes("digest=") === true)),
    }),
  ),
  fault({ id: "N25", side: "source", what: "the signed link expires in the middle of a blob" }, () => ({
    line: linksThatExpire,
  })),
];
