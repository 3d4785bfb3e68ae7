import { describe, expect, it } from "vitest";
import { digestOf } from "../../../src/oci/digest.ts";
import { referrersTag } from "../../../src/oci/referrers-tag.ts";
import { createConnections } from "../../../src/registry/http/connections.ts";
import { createRegistrySource } from "../../../src/registry/registry-source.ts";
import { createVirtualClock } from "../../fixtures/clocks/virtual-clock.ts";
import { testEndpoint } from "../../fixtures/registry-client.ts";
import { scriptedServer } from "../../fixtures/servers/scripted-server.ts";
import type { Script } from "../../fixtures/servers/scripted-server.ts";

const signal = AbortSignal.timeout(600_000);
const repository = "signed";
const subject = { digest: digestOf(Buffer.from("image")) };

describe("a registry whose referrers API has once been found missing", () => {
  const answer =
    (status: number, body: string): Script =>
    (_got, response) =>
      void response.writeHead(status).end(body);
  const unknown = JSON.stringify({ errors: [{ code: "MANIFEST_UNKNOWN", message: "no such manifest" }] });

  it.each<[string, Script, number]>([
    ["is not asked again after a 404 of a server without this route", answer(404, "404 page not found\n"), 1],
    ["is asked again after a 404 about the image", answer(404, unknown), 2],
    ["is asked again after a 404 without a body", answer(404, ""), 2],
    ["is asked again after another status", answer(405, "method not allowed"), 2],
  ])("%s", async (_what, api, expected) => {
    await using server = await scriptedServer((got, response, count) =>
      got.url.includes("/referrers/") ? api(got, response, count) : void response.writeHead(404).end(),
    );
    await using connections = createConnections();
    const clock = createVirtualClock();
    const source = createRegistrySource({ ...testEndpoint({ host: server.host, repository }, connections), clock });
    const asked = (): number => server.got.filter(({ url }) => url.includes("/referrers/")).length;
    await source.listReferrers(subject.digest, signal);
    await source.listReferrers(subject.digest, signal);
    expect(asked()).toBe(expected);
    await clock.pass(600_001);
    await source.listReferrers(subject.digest, signal);
    expect(asked()).toBe(expected + 1);
  });

  it("is asked once by images that are read at the same time", async () => {
    await using server = await scriptedServer((_got, response) => void response.writeHead(404).end("no route"));
    await using connections = createConnections();
    const source = createRegistrySource(testEndpoint({ host: server.host, repository }, connections));
    const digests = ["a", "b", "c"].map((letter) => digestOf(Buffer.from(letter)));
    await Promise.all(digests.map((digest) => source.listReferrers(digest, signal)));
    expect(server.got.filter(({ url }) => url.includes("/referrers/"))).toHaveLength(1);
  });

  it("is asked by each image when the first one was aborted", async () => {
    const aborted = new AbortController();
    await using server = await scriptedServer((got, response) => {
      if (!got.url.includes("/referrers/")) return void response.writeHead(404).end();
      if (aborted.signal.aborted) return void response.end(JSON.stringify({ manifests: [] }));
      aborted.abort(new Error("the first image failed"));
    });
    await using connections = createConnections();
    const source = createRegistrySource(testEndpoint({ host: server.host, repository }, connections));
    const first = source.listReferrers(subject.digest, aborted.signal);
    const second = source.listReferrers(digestOf(Buffer.from("b")), signal);
    await expect(first).rejects.toThrow("the first image failed");
    expect(await second).toEqual([]);
  });

  it("is asked for the referrers tag, unless a listing of the repository does not have it", async () => {
    await using server = await scriptedServer((_got, response) => void response.writeHead(404).end("no route"));
    await using connections = createConnections();
    const source = createRegistrySource(testEndpoint({ host: server.host, repository }, connections));
    const tag = referrersTag(subject.digest);
    const asked = (): number => server.got.filter(({ url }) => url.endsWith(tag)).length;
    const known =
      (...tags: string[]) =>
      (each: string) =>
        Promise.resolve(tags.includes(each));
    expect(await source.listReferrers(subject.digest, signal, known("v1"))).toEqual([]);
    expect(asked()).toBe(0);
    expect(await source.listReferrers(subject.digest, signal, known("v1", tag))).toEqual([]);
    expect(asked()).toBe(1);
    expect(await source.listReferrers(subject.digest, signal)).toEqual([]);
    expect(asked()).toBe(2);
  });
});
