import { describe, expect, it } from "vitest";
import { imageOf, layer } from "../../local/images/image-content.ts";
import { createTokenStore } from "../../local/access/token-store.ts";
import { createLoginProfile } from "../../local/registry/profiles/with-login.ts";
import type { RegistryLogin } from "../../local/registry/profiles/with-login.ts";
import { openRegistryFiles, startRegistry } from "../../local/registry/registry-server.ts";
import type { RegistryEvent } from "../../local/registry/protocol/registry-event.ts";
import { startStack } from "../../local/stack/stack.ts";
import { eventually } from "../fixtures/eventually.ts";
import { temporaryFolder } from "../fixtures/processes/programs.ts";
import { push } from "../fixtures/images/push.ts";

const signal = AbortSignal.timeout(600_000);
const ROBOT = { username: "robot$images", password: "p:w" };

/** Pushes an image to the source of a stack whose target asks for a login; resolves when its tag is there. */
async function replicated(registryLogin: RegistryLogin, secret: Readonly<Record<string, string>>): Promise<void> {
  await using parts = new AsyncDisposableStack();
  const folder = parts.use(await temporaryFolder());
  const events: RegistryEvent[] = [];
  const target = await startRegistry({
    directory: folder.path,
    files: await openRegistryFiles(folder.path),
    profile: createLoginProfile(registryLogin),
    onEvent: (event) => void events.push(event),
  });
  parts.defer(() => target.close());
  const stack = parts.use(
    await startStack({
      concurrency: 2,
      timeoutSeconds: 30,
      reconcileAfterMs: 3_600_000,
      target: { registry: target.host, prefix: "mirror", login: secret },
    }),
  );
  const image = imageOf([layer("a", 2_000)], { os: "linux", architecture: "amd64" });
  await push(stack.source, image, { repository: "app", tag: "v1" }, signal);
  await eventually("the tag", () =>
    events.some((event) => event.kind === "manifest-stored" && event.repository === "mirror/app" && event.tag === "v1")
      ? true
      : undefined,
  );
}

describe("a generic target of the local stack", () => {
  it.each<[string, RegistryLogin, Readonly<Record<string, string>>]>([
    ["user and password with every request", { kind: "basic", ...ROBOT }, ROBOT],
    ["a token of its token server", { kind: "token-server", ...ROBOT, tokens: createTokenStore("t-") }, ROBOT],
    ["one token with every request", { kind: "token", token: "opaque" }, { token: "opaque" }],
  ])("is logged in to with %s, from the local Secrets Manager", async (_how, registryLogin, secret) => {
    await expect(replicated(registryLogin, secret)).resolves.toBeUndefined();
  });
});
