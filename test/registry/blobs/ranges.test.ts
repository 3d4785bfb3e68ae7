import { randomBytes } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { digestOf } from "../../../src/oci/digest.ts";
import { createConnections } from "../../../src/registry/http/connections.ts";
import { RETRY_AFTER_MAX_MS, retryAfterMs } from "../../../src/registry/errors/retry-after.ts";
import { testSource } from "../../fixtures/registry-client.ts";
import { scriptedServer } from "../../fixtures/servers/scripted-server.ts";

const signal = AbortSignal.timeout(600_000);

describe("a blob that breaks anywhere (property)", () => {
  it("is read whole, each byte once, however the registry handles ranges", async () => {
    await using connections = createConnections();
    const breaks = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 3 });
    const answers = fc.array(fc.constantFrom("range", "whole", "refused", "another range"), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 100_000 }), breaks, answers, async (size, cuts, kinds) => {
        const body = randomBytes(size);
        const blob = { mediaType: "application/octet-stream", digest: digestOf(body), size };
        const left = [...cuts];
        const manners = [...kinds];
        await using server = await scriptedServer(({ headers }, response) => {
          const asked = /^bytes=(\d+)-/.exec(headers.range ?? "")?.[1];
          const manner = asked === undefined ? "whole" : (manners.shift() ?? "range");
          if (manner === "refused") return void response.writeHead(416).end();
          if (manner === "another range")
            return void response.writeHead(206, { "content-range": "bytes 1-2/3" }).end("xy");
          const start = manner === "range" ? Number(asked) : 0;
          const range = { "content-range": `bytes ${start}-${size - 1}/${size}` };
          response.writeHead(manner === "range" ? 206 : 200, {
            "content-length": size - start,
            ...(manner === "range" ? range : {}),
          });
          const cut = left.shift();
          if (cut === undefined) return void response.end(body.subarray(start));
          const end = start + Math.floor(cut * (size - start));
          response.write(body.subarray(start, end), () => response.socket?.resetAndDestroy());
        });
        await using stream = await testSource({ host: server.host, repository: "a" }, connections).openBlob(
          blob,
          signal,
        );
        const chunks: Uint8Array[] = [];
        for await (const chunk of stream) chunks.push(chunk);
        expect(Buffer.compare(Buffer.concat(chunks), body)).toBe(0);
      }),
      { seed: 20_261_121, numRuns: 150 },
    );
  });
});

describe("Retry-After (property)", () => {
  it("is undefined, or a wait within the limit, for any header", () => {
    const header = fc.oneof(
      fc.string(),
      fc.integer().map(String),
      fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
    );
    fc.assert(
      fc.property(header, fc.option(header, { nil: undefined }), fc.nat(), (text, date, now) => {
        const wait = retryAfterMs(text, date, now);
        return wait === undefined || (wait >= 0 && wait <= RETRY_AFTER_MAX_MS);
      }),
      { seed: 20_261_121, numRuns: 2_000 },
    );
  });
});
