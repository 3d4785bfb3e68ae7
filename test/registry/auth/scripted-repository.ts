import type { Credentials } from "../../../src/registry/credentials/credentials.ts";
import { createConnections } from "../../../src/registry/http/connections.ts";
import type { Endpoint } from "../../../src/registry/client/endpoint.ts";
import { createRegistrySource } from "../../../src/registry/registry-source.ts";
import { createRegistryTarget } from "../../../src/registry/registry-target.ts";
import { createSharedLimits } from "../../../src/registry/resilience/shared-limits.ts";
import { testEndpoint } from "../../fixtures/registry-client.ts";
import { scriptedServer } from "../../fixtures/servers/scripted-server.ts";
import type { Got, Script } from "../../fixtures/servers/scripted-server.ts";

/** A repository at a scripted registry, without retries. */
export async function open(script: Script, changes: Partial<Endpoint> & { readonly login?: Credentials } = {}) {
  const stack = new AsyncDisposableStack();
  const server = stack.use(await scriptedServer(script));
  const connections = stack.use(createConnections());
  const { login = { kind: "anonymous" }, ...rest } = changes;
  const endpoint = {
    ...testEndpoint({ host: server.host, repository: "a/b", credentials: login }, connections),
    limits: createSharedLimits({ hedging: false, retryPolicies: { preset: "off" } }),
    ...rest,
  };
  return {
    source: createRegistrySource(endpoint),
    target: createRegistryTarget({ ...endpoint, side: "target" }),
    got: server.got,
    logins: () => server.got.map(({ headers }) => headers.authorization),
    asked: () => server.got.filter(isToken).map((got) => scopesAsked(got)),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

export const isToken = ({ url }: Got): boolean => url.startsWith("/token");
const scopesAsked = ({ url }: Got): string[] => new URL(url, "http://x").searchParams.getAll("scope");
/** A Bearer challenge whose token server is the registry itself. */
export const bearer = ({ headers }: Got, more = ""): Record<string, string> => ({
  "www-authenticate": `Bearer realm="http://${headers.host}/token",service="s"${more}`,
});

/** A registry that accepts one token, `good`, and refuses all other requests as scripted. */
export function takesToken(refuse: Script, { scope = "" } = {}): Script {
  return (got, response, count) => {
    if (isToken(got)) return void response.end('{"token":"good"}');
    if (got.headers.authorization === "Bearer good") return void response.writeHead(404).end();
    if (got.headers.authorization !== undefined) return refuse(got, response, count);
    response.writeHead(401, bearer(got, scope === "" ? "" : `,scope="${scope}"`)).end();
  };
}
