import { createHash, randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { startLink } from "../../bench/link/link.ts";
import { buildOwn } from "../../bench/peers/build-peer.ts";
import { scriptedServer } from "../fixtures/servers/scripted-server.ts";

const program = buildOwn(new URL("../../bench/link/latency/main.go", import.meta.url), "latency");
const hashOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

it("the latency proxy changes no byte of large bodies in either direction, on many connections at once", async () => {
  const answers = randomBytes(20_000_000);
  await using server = await scriptedServer(({ body }, response) => {
    response.writeHead(200, { "x-hash": hashOf(body) }).end(answers);
  });
  await using link = await startLink(server.host, { roundTripMs: 4, program });
  const copies = Array.from({ length: 8 }, async () => {
    const sent = randomBytes(5_000_000);
    const answer = await fetch(`http://${link.host}/`, { method: "PUT", body: sent });
    expect(answer.headers.get("x-hash")).toBe(hashOf(sent));
    expect(hashOf(new Uint8Array(await answer.arrayBuffer()))).toBe(hashOf(answers));
  });
  await Promise.all(copies);
});

it("the latency proxy adds a round trip to every exchange, and limits the rate of answers", async () => {
  await using server = await scriptedServer((_got, response) => void response.end("x".repeat(100_000)));
  await using link = await startLink(server.host, { roundTripMs: 60, bytesPerMs: 1_000, program });
  const started = performance.now();
  await (await fetch(`http://${link.host}/`)).text();
  // The set-up of the connection, one exchange, and 100 KB at 1 MB/s.
  expect(performance.now() - started).toBeGreaterThan(200);
});

it("the latency proxy passes the failure of a connection on", async () => {
  await using server = await scriptedServer((_got, response) => {
    response.writeHead(200, { "content-length": "1000000" });
    response.write("x", () => response.socket?.resetAndDestroy());
  });
  await using link = await startLink(server.host, { roundTripMs: 2, program });
  const answer = fetch(`http://${link.host}/`).then((response) => response.text());
  await expect(answer).rejects.toThrow(/terminated|fetch failed/);
});
