import { once } from "node:events";
import { request } from "node:http";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openContentFiles } from "../../../local/registry/storage/content-files.ts";
import { createDownloadLinks } from "../../../local/registry/storage/download-links.ts";
import { createArtifactRegistryProfile } from "../../../local/registry/profiles/artifact-registry.ts";
import { specificationProfile } from "../../../local/registry/profiles/specification.ts";
import { createUploadSessions, SESSION_MS } from "../../../local/registry/storage/upload-sessions.ts";
import { digestOf } from "../../../src/oci/digest.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { blob, digest, location, putBlob, withRegistry } from "../../fixtures/servers/local-registry.ts";
import { temporaryFolder } from "../../fixtures/processes/programs.ts";

describe("an upload session", () => {
  it("is not made a blob while another request writes to it, and then of all its bytes", async () => {
    await withRegistry(specificationProfile, async (ask, events, host) => {
      const started = await ask("POST", "/v2/a/b/blobs/uploads/", { headers: { "content-length": "0" } });
      const path = location(started);
      const writing = request(`http://${host}${path}`, { method: "PATCH", headers: { "content-length": blob.length } });
      const answered = once(writing, "response");
      writing.write(blob.subarray(0, 50_000));
      await eventually("the first bytes", () =>
        events.some(({ kind }) => kind === "blob-progress") ? true : undefined,
      );
      const half = digestOf(blob.subarray(0, 50_000));
      const early = await ask("PUT", `${path}?digest=${half}`, { headers: { "content-length": "0" } });
      expect([early.status, early.code]).toEqual([409, "BLOB_UPLOAD_INVALID"]);
      writing.end(blob.subarray(50_000));
      await answered;
      expect((await ask("HEAD", `/v2/a/b/blobs/${half}`)).status).toBe(404);
      const put = await ask("PUT", `${path}?digest=${digest}`, { headers: { "content-length": "0" } });
      expect(put.status).toBe(201);
      expect((await ask("GET", `/v2/a/b/blobs/${digest}`)).body.equals(blob)).toBe(true);
    });
  });

  it("expires after an hour without use, and leaves no file", async () => {
    await using folder = await temporaryFolder();
    const clock = { now: 0 };
    const files = await openContentFiles(folder.path);
    const sessions = createUploadSessions({ files, endsWhenBroken: false, now: () => clock.now });
    const { id } = sessions.start("a/b");
    clock.now = SESSION_MS;
    expect(sessions.find(id, "a/b").id).toBe(id);
    clock.now = 2 * SESSION_MS + 1;
    expect(() => sessions.find(id, "a/b")).toThrow("blob upload unknown");
    expect(await readdir(join(folder.path, "uploads"))).toEqual([]);
  });
});

describe("a download of the local Artifact Registry", () => {
  it("is opened by an id that a login was given, and by none that is made of the digest", async () => {
    const profile = createArtifactRegistryProfile({ repositories: ["p/r"], verifyToken: (token) => token === "good" });
    const bearer = { authorization: "Bearer good" };
    await withRegistry(profile, async (ask) => {
      await putBlob(
        (method, path, options) => ask(method, path, { ...options, headers: { ...options?.headers, ...bearer } }),
        blob,
        "p/r/app",
      );
      expect((await ask("GET", `/v2/p/r/app/blobs/${digest}`)).status).toBe(401);
      const given = location(await ask("GET", `/v2/p/r/app/blobs/${digest}`, { headers: bearer }));
      expect((await ask("GET", given)).body.equals(blob)).toBe(true);
      const madeUp = given.replace(/[^/]+$/, Buffer.from(digest).toString("base64url"));
      expect((await ask("GET", madeUp)).status).toBe(404);
    });
  });

  it("is over after an hour", () => {
    const clock = { now: 0 };
    const links = createDownloadLinks(() => clock.now);
    const id = links.sign(digest);
    expect(links.read(id)).toBe(digest);
    clock.now = 3_600_000;
    expect([links.read(id), links.read(""), links.read("x".repeat(100))]).toEqual([undefined, undefined, undefined]);
  });
});
