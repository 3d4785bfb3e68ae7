import { describe, expect, it } from "vitest";
import { createAccessKey } from "../../local/access/access-key.ts";
import { startPubSub } from "../../local/emulators/pub-sub.ts";
import { startHttpServer } from "../../src/loopback/http-server.ts";
import { readBody } from "../../local/http/read-body.ts";
import { imageOf, indexOf, layer } from "../../local/images/image-content.ts";
import { pushImage } from "../../local/images/push-image.ts";
import type { RegistryEvent } from "../../local/registry/protocol/registry-event.ts";
import { ECR_PREFIX, WEBHOOK_SECRET } from "../../local/stack/local-names.ts";
import { FEDERATION } from "../../local/stack/registries.ts";
import { startStack } from "../../local/stack/stack.ts";
import type { Login } from "../../local/stack/login.ts";
import { verifyTag } from "../../local/verify.ts";
import { parseTag } from "../../src/oci/reference.ts";
import { createConnections } from "../../src/registry/http/connections.ts";
import type { Connections } from "../../src/registry/http/connections.ts";
import { eventually } from "../fixtures/eventually.ts";
import { push } from "../fixtures/images/push.ts";
import { startDockerRegistry } from "../fixtures/real/docker-registry.ts";
import { testSource } from "../fixtures/registry-client.ts";
import { request } from "undici";

const never = AbortSignal.timeout(600_000);
const OPTIONS = { concurrency: 4, timeoutSeconds: 60, reconcileAfterMs: 3_600_000 } as const;
const AMD64 = { os: "linux", architecture: "amd64" };
const tag = parseTag("v1");

function reader({ registry, username, password }: Login, repository: string, connections: Connections, blobs?: string) {
  const credentials = { kind: "basic", username, password } as const;
  const allowedHosts = blobs === undefined ? [] : [blobs];
  return testSource({ host: registry, repository, credentials, allowedHosts }, connections);
}

describe("images in another direction", () => {
  it("go from ECR to Artifact Registry and, by its Pub/Sub messages, into another ECR registry, byte for byte", async () => {
    await using connections = createConnections();
    const pubSub = await startPubSub();
    await using closing = new AsyncDisposableStack();
    closing.defer(() => pubSub.close());
    const key = createAccessKey();
    const subscription = { serviceAccount: "push@project.iam.gserviceaccount.com", audience: "freightliner" };
    const statuses: number[] = [];
    let endpoint: string | undefined;
    await using there = await startStack({
      ...OPTIONS,
      key,
      onTarget(event: RegistryEvent) {
        if (event.kind !== "manifest-stored" || endpoint === undefined) return;
        const image = `${there.target.registry}/${event.repository}`;
        const named = event.tag === undefined ? {} : { tag: `${image}:${event.tag}` };
        const message = { action: "INSERT", digest: `${image}@${event.digest}`, ...named };
        void pubSub.push(message, { ...subscription, endpoint }).then((answers) => statuses.push(...answers));
      },
    });
    const { registry, prefix, google } = there.target;
    await using back = await startStack({
      ...OPTIONS,
      key,
      google: { ...google, keys: pubSub.keysUrl },
      intoEcr: true,
      source: {
        document: {
          kind: "artifactRegistry",
          registry,
          plainHttp: true,
          prefix,
          federation: FEDERATION,
          arrivals: { kind: "pubSub", ...subscription },
        },
      },
    });
    endpoint = back.arrivalsUrl;
    const image = indexOf([imageOf([layer("there", 30_000), layer("back", 5_000)], AMD64)]);
    await push(there.source, image, { repository: "team/app", tag: "v1" }, never);
    const first = reader(there.source, "team/app", connections, there.source.blobHost);
    const last = reader(back.source, `${ECR_PREFIX}/team/app`, connections, back.source.blobHost);
    await eventually("the tag in the other ECR registry", async () => (await last.resolve(tag, never))?.digest);
    const expected = { digest: image.root.descriptor.digest, manifests: 2, blobs: 3 };
    expect(await verifyTag(first, last, tag, never)).toMatchObject(expected);
    expect(new Set(statuses)).toEqual(new Set([204]));
    expect(back.depth("dead-letters")).toEqual({ visible: 0, inFlight: 0 });
    // The comparison lists Artifact Registry, and finds the copy.
    expect(await back.reconcile()).toMatchObject({ value: { outcome: "finished", repositories: 1, asked: 0 } });
    const unsigned = await request(endpoint ?? "", { method: "POST", body: "{}" });
    await unsigned.body.dump();
    expect(unsigned.statusCode).toBe(401);
  });

  it("are copied by docker-registry's own notifications, and by a comparison when these are lost", async () => {
    await using connections = createConnections();
    await using closing = new AsyncDisposableStack();
    const secret = "s3cret";
    const statuses: number[] = [];
    let url: string | undefined;
    // The registry is configured before the stack has its URL.
    const relay = await startHttpServer(async (incoming, response) => {
      const body = await readBody(incoming);
      const { authorization = "", "content-type": type = "" } = incoming.headers;
      const headers = { authorization, "content-type": type };
      const answer = url === undefined ? undefined : await request(url, { method: "POST", body, headers });
      await answer?.body.dump();
      if (answer !== undefined) statuses.push(answer.statusCode);
      response.writeHead(answer?.statusCode ?? 200).end();
    });
    closing.defer(() => relay.close());
    const docker = closing.use(await startDockerRegistry({ kind: "none" }, { url: `http://${relay.host}/`, secret }));
    const source = (repository: string) => testSource({ host: docker.host, repository }, connections);
    const lost = imageOf([layer("lost", 1_000)], AMD64);
    await pushImage(lost, { registry: docker.host, repository: "team/lost", tag: "v1" }, never);
    await using stack = await startStack({
      ...OPTIONS,
      source: {
        document: {
          kind: "generic",
          registry: docker.host,
          plainHttp: true,
          arrivals: { kind: "webhook", format: "distribution", secret: WEBHOOK_SECRET },
        },
        secret,
      },
    });
    url = stack.arrivalsUrl;
    const target = (name: string) => reader(stack.target, `${stack.target.prefix}/${name}`, connections);
    const image = imageOf([layer("notified", 30_000)], AMD64);
    await pushImage(image, { registry: docker.host, repository: "team/app", tag: "v1" }, never);
    const [from, to] = [source("team/app"), target("team/app")];
    await eventually("the notified tag", async () => (await to.resolve(tag, never))?.digest);
    const expected = { digest: image.root.descriptor.digest };
    expect(await verifyTag(from, to, tag, never)).toMatchObject(expected);
    expect(new Set(statuses)).toEqual(new Set([204]));
    expect(await stack.reconcile()).toMatchObject({ value: { outcome: "finished" } });
    await eventually("the tag that only the comparison found", async () => target("team/lost").resolve(tag, never));
    expect(stack.depth("dead-letters")).toEqual({ visible: 0, inFlight: 0 });
  });
});
