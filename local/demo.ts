import { setTimeout as sleep } from "node:timers/promises";
import { parseRegistryHost, parseRepositoryName, parseTag } from "../src/oci/reference.ts";
import type { Tag } from "../src/oci/reference.ts";
import type { Side } from "../src/oci/errors/registry-error.ts";
import { createConnections } from "../src/registry/http/connections.ts";
import { fixedCredentials } from "../src/registry/credentials/credentials.ts";
import { createRegistrySource } from "../src/registry/registry-source.ts";
import { demoImage } from "./images/demo-image.ts";
import { pushImage } from "./images/push-image.ts";
import { basicAuthorization } from "./access/basic-authorization.ts";
import type { Login } from "./stack/login.ts";
import type { Stack } from "./stack/stack.ts";
import { verifyTag } from "./verify.ts";
import type { VerifiedImage } from "./verify.ts";

/** Repository and tag of the demo image. */
export const DEMO = { repository: "demo/app", tag: parseTag("v1") } as const;

/** The demo's tag did not arrive at the target in time. */
export class DemoTimeoutError extends Error {
  override readonly name = "DemoTimeoutError";
}

const POLL_MS = 50;

/** Pushes the demo image to the source, as a user's client would. */
export async function pushDemo({ source }: Pick<Stack, "source">, signal: AbortSignal): Promise<void> {
  const place = { registry: source.registry, ...DEMO, authorization: basicAuthorization(source) };
  await pushImage(demoImage("1"), place, signal);
}

/** Waits until the demo's tag has the same digest at source and target, then compares all content. @throws {DemoTimeoutError} */
export async function verifyDemo(stack: Pick<Stack, "source" | "target">, signal: AbortSignal): Promise<VerifiedImage> {
  const connections = createConnections();
  const open = (side: Side, login: Login, repository: string, allowedHosts: readonly string[]) =>
    createRegistrySource({
      side,
      registry: parseRegistryHost(login.registry),
      repository: parseRepositoryName(repository),
      plainHttp: true,
      allowedHosts,
      credentials: fixedCredentials({ kind: "basic", username: login.username, password: login.password }),
      connections,
    });
  try {
    const source = open("source", stack.source, DEMO.repository, [stack.source.blobHost]);
    const target = open("target", stack.target, `${stack.target.prefix}/${DEMO.repository}`, []);
    await arrival(source, target, DEMO.tag, signal);
    return await verifyTag(source, target, DEMO.tag, signal);
  } finally {
    await connections.close();
  }
}

type Registry = ReturnType<typeof createRegistrySource>;

async function arrival(source: Registry, target: Registry, tag: Tag, signal: AbortSignal): Promise<void> {
  const wanted = await source.resolve(tag, signal);
  for (;;) {
    const found = await target.resolve(tag, signal);
    if (found !== undefined && found.digest === wanted?.digest) return;
    await sleep(POLL_MS, undefined, { signal }).catch((cause: unknown) => {
      throw new DemoTimeoutError(`the demo did not arrive at the target in time; the functions' log above says why`, {
        cause,
      });
    });
  }
}
