import { createConnections } from "../../src/registry/http/connections.ts";
import type { Credentials } from "../../src/registry/credentials/credentials.ts";
import { createRegistrySource } from "../../src/registry/registry-source.ts";
import { createRegistryTarget } from "../../src/registry/registry-target.ts";
import { repositoryContract } from "../contracts/repository.ts";
import type { RealRegistry } from "../fixtures/real/server-process.ts";
import { startTokenServer } from "../fixtures/real/token-server.ts";
import { USER } from "../fixtures/real/user.ts";
import { testEndpoint } from "../fixtures/registry-client.ts";
import { startDistribution3 } from "./real-registries.ts";

interface Opened {
  readonly registry: RealRegistry;
  readonly credentials?: Credentials;
  readonly allowedHosts?: readonly string[];
}

function keepsTheContract(name: string, start: (stack: AsyncDisposableStack) => Promise<Opened>): void {
  repositoryContract(name, async () => {
    const stack = new AsyncDisposableStack();
    const { registry, ...login } = await start(stack);
    const connections = stack.use(createConnections());
    const place = { host: stack.use(registry).host, repository: "p/r/app", ...login };
    return {
      source: createRegistrySource(testEndpoint(place, connections)),
      target: createRegistryTarget(testEndpoint({ ...place, side: "target" }, connections)),
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  });
}

keepsTheContract("distribution 3", async () => ({ registry: await startDistribution3({ kind: "none" }) }));

keepsTheContract("distribution 3 with a password file", async () => ({
  registry: await startDistribution3({ kind: "htpasswd" }),
  credentials: { kind: "basic", ...USER },
}));

keepsTheContract("distribution 3 with a token server", async (stack) => {
  const server = stack.use(await startTokenServer());
  return {
    registry: await startDistribution3({ kind: "token", server }),
    credentials: { kind: "basic", ...USER },
    allowedHosts: [new URL(server.realm).host],
  };
});
