import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { request } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { imageOf, layer } from "../../local/images/image-content.ts";
import { startStack } from "../../local/stack/stack.ts";
import type { Stack } from "../../local/stack/stack.ts";
import { parseTag } from "../../src/oci/reference.ts";
import { localStackAccess } from "../../src/wiring/operations/local-stack-access.ts";
import { openOperations } from "../../src/wiring/operations/open-operations.ts";
import { startClosedRegistry } from "../fixtures/servers/closed-registry.ts";
import type { ClosedRegistry } from "../fixtures/servers/closed-registry.ts";
import { scriptedServer } from "../fixtures/servers/scripted-server.ts";
import { startApi } from "../api/api-server.ts";
import { eventually } from "../fixtures/eventually.ts";
import { freightliner as runFreightliner } from "../fixtures/processes/freightliner.ts";
import type { Ended } from "../fixtures/processes/freightliner.ts";
import { push } from "../fixtures/images/push.ts";
import { temporaryFolder } from "../fixtures/processes/programs.ts";

const AMD64 = { os: "linux", architecture: "amd64" };
const never = AbortSignal.timeout(600_000);

const freightliner = (...args: string[]): Promise<Ended> => runFreightliner(args);

describe("a stack with a target that lacks one repository", () => {
  const parts = new AsyncDisposableStack();
  const events = new Map<string, unknown>();
  const told: unknown[] = [];
  let stack: Stack;
  let local: string;
  let target: ClosedRegistry;

  const pushTo = (repository: string): Promise<void> =>
    push(stack.source, imageOf([layer(repository, 2_000)], AMD64), { repository, tag: "v1" }, never);

  beforeAll(async () => {
    target = parts.use(await startClosedRegistry());
    const hook = parts.use(
      await scriptedServer(({ body }, response) => {
        told.push(JSON.parse(String(body)));
        response.writeHead(204).end();
      }),
    );
    stack = parts.use(
      await startStack({
        notify: `http://${hook.host}/hook`,
        concurrency: 2,
        timeoutSeconds: 30,
        reconcileAfterMs: 3_600_000,
        directory: join(target.folder, "kept"),
        onEvent: ({ type, detail }) => events.set(type, detail),
        target: { registry: target.host, prefix: "mirror" },
      }),
    );
    local = stack.lambdaEndpoint;
    await pushTo("open/app");
    await pushTo("closed/app");
    await eventually("a dead letter", () => (stack.depth("dead-letters").visible === 1 ? true : undefined));
    await eventually("idle queues", () => (stack.depth("live").inFlight === 0 ? true : undefined));
  }, 600_000);
  afterAll(() => parts.disposeAsync());

  it("keeps refused requests as dead letters with their reason, leaves the circuit closed, and replicates the rest; status shows it", async () => {
    const { code, stdout } = await freightliner("status", "--local", local);
    expect([code, stdout]).toEqual([0, expect.stringContaining("freightliner: 2 tags, 1 equal at their destinations")]);
    expect(stdout).toMatch(/^local\s+closed\s+full\s+50\/s\s+0 live, 0 backfill.* none$/m);
    expect(stdout).toMatch(/failed {3}local\/mirror\/closed\/app:v1 .*last: failed: target-name-unknown/);
    expect(stdout).toContain("dead letters: 1;");
    expect(stdout).toContain("comparison regular: every 1 min; not run yet");
    const { stdout: json } = await freightliner("status", "--local", local, "--json");
    expect(JSON.parse(json)).toMatchObject({ tags: { all: 2, equal: 1, failed: 1 }, deadLetters: 1 });
  });

  it("shows one image of the source at its destinations, and that no push is pending", async () => {
    const opened = await freightliner("status", "--local", local, "open/app:v1");
    expect(opened.stdout).toMatch(/^local {2,}REPLICATED {2,}has sha256:[0-9a-f]{64}, confirmed .* ago$/m);
    const closed = await freightliner("status", "--local", local, "registry.test/closed/app:v1", "--json");
    expect(JSON.parse(closed.stdout)).toMatchObject([{ destination: "local", state: "FAILED" }]);
    const none = await freightliner("status", "--local", local, "open/app:v2");
    expect([none.code, none.stdout]).toEqual([3, expect.stringMatching(/NOT_TRACKED .*no push of it was accepted/)]);
    expect((await freightliner("status", "--local", local, "open/app")).code).toBe(2);
  });

  it("puts an event on the bus for each push that has ended", async () => {
    await eventually("two events", () => (events.size === 2 ? true : undefined));
    expect(events.get("Replicated")).toMatchObject({ repository: "open/app", reference: "v1", stack: "freightliner" });
    const failed = { destination: "local", reason: "target-name-unknown", error: expect.stringContaining("404") };
    expect(events.get("Failed")).toMatchObject(failed);
  });

  it("tells a channel what has failed, once, and not what has arrived in time", async () => {
    await eventually("a notification", () => (told.length > 0 ? true : undefined));
    expect(told).toEqual([
      expect.objectContaining({
        type: "freightliner.failed",
        text: expect.stringMatching(/^🔴 closed\/app:v1 failed at local\nreason: target-name-unknown\n/),
        data: events.get("Failed"),
      }),
    ]);
  });

  it("recounts the month from the receipts: one push in time, one that failed", async () => {
    const { stdout } = await freightliner("slo", "--local", local, "--json");
    expect(JSON.parse(stdout)).toMatchObject({
      goal: { percent: 99.9, withinMs: 300_000 },
      destinations: [{ destination: "local", counted: 2, inTime: 1, failed: 1, pending: 0, percent: 50 }],
    });
    const earlier = await freightliner("slo", "--local", local, "--month", "2025-01");
    expect(earlier.stdout).toMatch(/^local +0 +0 +0 +0 +0 +0 +100 +0 % +-$/m);
    expect((await freightliner("slo", "--local", local, "--month", "January")).code).toBe(2);
  });

  it("shows one tag with its receipts", async () => {
    const { stdout } = await freightliner("status", "--local", local, "--tag", "local/mirror/open/app:v1");
    expect(stdout).toMatch(/^local\/mirror\/open\/app:v1: equal, sha256:[0-9a-f]{64}$/m);
    expect(stdout).toMatch(/replicated sha256:[0-9a-f]{64} .* after its push, request [0-9a-f-]{36}/);
    expect((await freightliner("status", "--local", local, "--tag", "local/none:v1")).code).toBe(3);
  });

  it("has its dead letters shown by class and reason, and left where they are", async () => {
    const { code, stdout } = await freightliner("redrive", "--local", local);
    expect([code, stdout]).toEqual([0, expect.stringContaining("target: target-name-unknown (1)")]);
    expect(stdout).toMatch(
      /closed\/app:v1 to local, .* ago: cannot .*: the registry answered HTTP 404 NAME_UNKNOWN .*; create the repository first/,
    );
    expect(stdout).toContain("nothing was changed; add --go");
    await eventually("the letter", () => (stack.depth("dead-letters").visible === 1 ? true : undefined));
    const none = await freightliner("redrive", "--local", local, "--class", "source");
    expect(none.stdout).toContain("0 letters selected of 1");
  });

  it("is checked by its own functions at both ends, and doctor names what needs attention", async () => {
    const { code, stdout } = await freightliner("doctor", "--local", local);
    const lines = stdout.split("\n");
    expect(lines).toContain("ok    reconcile function: lists the source");
    expect(lines).toContain("ok    copy function: reads the source");
    expect(lines).toContain("ok    copy function: writes to local");
    expect(lines).toContain("ok    probe function: writes to local");
    expect(lines).toContain("ok    probe function: finds room for all copies in the account");
    expect(lines).toContain("ok    this command: has the version of the stack");
    const failed = lines.flatMap((line, index) =>
      line.startsWith("FAIL") ? [`${line}: ${lines[index + 1]?.trim()}`] : [],
    );
    expect(failed).toEqual([
      expect.stringMatching(/comparison regular: .* none has ended yet/),
      expect.stringMatching(/dead letters: .* there are 1; run "freightliner redrive"/),
    ]);
    expect([code, stdout]).toEqual([1, expect.stringContaining("2 of 11 checks failed")]);
  });

  it("P10: redrives a selected letter, whose copy then takes what the tag names by then", async () => {
    target.isClosed = false;
    const others = await freightliner("redrive", "--local", local, "--repository", "open/**", "--go");
    expect(others.stdout).toContain("0 letters selected of 1");
    const { code, stdout } = await freightliner("redrive", "--local", local, "--reason", "target-name-unknown", "--go");
    expect([code, stdout]).toEqual([0, expect.stringContaining("1 moved back to the backfill queues")]);
    await eventually("no letter", () => (stack.depth("dead-letters").visible === 0 ? true : undefined));
    await eventually("the tag", async () => {
      const { stdout: shown } = await freightliner("status", "--local", local, "--tag", "local/mirror/closed/app:v1");
      return /: equal,/.test(shown) && /failed: target-name-unknown/.test(shown) ? true : undefined;
    });
  });

  it("has its dead letters moved back through its HTTP API, too: those that are selected", async () => {
    target.isClosed = true;
    await push(stack.source, imageOf([layer("again", 2_000)], AMD64), { repository: "closed/app", tag: "v2" }, never);
    await eventually("a dead letter", () => (stack.depth("dead-letters").visible === 1 ? true : undefined));
    await using server = await startApi(stack);
    const redrive = async (selection: object): Promise<unknown> => {
      const { statusCode, body } = await request(`http://${server.host}/api/dead-letters/redrive`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(selection),
      });
      expect(statusCode).toBe(200);
      return body.json();
    };
    expect(await redrive({ repositories: ["open/**"] })).toEqual({ all: 1, selected: [] });
    target.isClosed = false;
    expect(await redrive({ classes: ["target"], repositories: ["closed/*"] })).toMatchObject({
      all: 1,
      selected: [{ repository: "closed/app", reference: "v2", reason: "target-name-unknown", redriven: true }],
    });
    await eventually("the tag", async () => {
      const { stdout } = await freightliner("status", "--local", local, "--tag", "local/mirror/closed/app:v2");
      return /: equal,/.test(stdout) ? true : undefined;
    });
  });

  it("exports signed receipts of the stack, which its public key verifies offline; a removed one is named", async () => {
    const folder = parts.use(await temporaryFolder());
    const [file, key] = [join(folder.path, "receipts.jsonl"), join(folder.path, "key.pem")];
    const exported = async () => {
      expect(await stack.seal()).toMatchObject({ kind: "returned" });
      return freightliner("receipts", "export", file, "--local", local);
    };
    expect(await exported()).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^[1-9]\d* receipts? in .*, with \d+ heads?$/m),
    });
    // Sealed once: another sealing finds nothing to do, and signs only where the chains end.
    expect(await stack.seal()).toEqual({ kind: "returned", value: { sealed: 0 } });
    await writeFile(key, (await freightliner("receipts", "key", "--local", local)).stdout);
    const verified = () => freightliner("receipts", "verify", file, "--key", key);
    expect(await verified()).toMatchObject({ code: 0, stdout: expect.stringMatching(/^proved$/m) });

    const lines = (await readFile(file, "utf8")).split("\n");
    await writeFile(
      file,
      lines
        .toSpliced(
          lines.findIndex((line) => line.includes('"receipt":')),
          1,
        )
        .join("\n"),
    );
    expect(await verified()).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^local: receipt 1 is missing$/m),
    });

    expect(await freightliner("receipts", "export", file, "--local", local, "--destination", "gone")).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("there is no chain gone"),
    });
    await freightliner("receipts", "export", file, "--local", local, "--repository", "closed/app");
    expect(await verified()).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^local: \d+ receipts in .* selected, .*\nevents/m),
    });
  });

  it("lists the tags that are to be deleted, keeps one of them, and restores it after it was deleted", async () => {
    const [key, image] = ["local/mirror/open/app:v1", `${target.host}/mirror/open/app:v1`];
    await using operations = await openOperations("freightliner", localStackAccess(local) ?? {}, never);
    const { tags, deletions, receipts } = operations.stores;
    const digest = (await tags.read(key, never))?.replicated?.digest;
    if (digest === undefined) throw new Error(`${key} is not replicated`);
    const seen = { seenAt: Date.now(), dueAt: Date.now() + 3_600_000, by: "e" };
    const tombstone = { tag: parseTag("v1"), digest, cause: "source-deleted", rule: "rule 1", ...seen } as const;
    const next = { repository: "open/app", tombstones: [tombstone], hours: [], kept: [] };
    await deletions.update("local/mirror/open/app", () => ({ next, answer: undefined }), never);
    expect((await freightliner("deletes", "--local", local)).stdout).toMatch(
      /^1 tag to be deleted\n {2}local\/mirror\/open\/app:v1 {2}in .* \(source-deleted, rule 1\)$/m,
    );
    const undelete = () => freightliner("undelete", image, "--local", local);
    expect((await undelete()).stdout).toBe(`kept ${image} (${digest}): its tombstone is removed\n`);
    expect((await freightliner("deletes", "--local", local)).stdout).toBe("no tag is to be deleted\n");
    await freightliner("delete", image, "--yes");
    const deleted = { outcome: "deleted", reason: "source-deleted", endedAt: Date.now(), traceparent: "t" } as const;
    await receipts.write({ kind: "tag", key }, { id: "delete", reference: "v1", digest, ...deleted }, never);
    expect((await undelete()).stdout).toBe(`restored ${image} (${digest})\n`);
    expect((await freightliner("digest", image)).stdout).toBe(`${digest}\n`);
    expect((await freightliner("undelete", key, "--local", local)).stdout).toBe(
      `${key} is there (${digest}), and has no tombstone\n`,
    );
    expect((await freightliner("undelete", `${target.host}/mirror/none:v1`, "--local", local)).code).toBe(3);
    expect(await freightliner("undelete", "other.example/mirror/open/app:v1", "--local", local)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`the destination of ${key} is at ${target.host}`),
    });
  });

  it.each([
    [["status", "--stack", "no such"], "--stack takes the name"],
    [["status", "--local", "https://example.test"], "--local takes the address"],
    [["redrive", "--class", "weather"], "Allowed choices are message"],
    [["redrive", "--force"], "--force"],
  ])("refuses %s, and says why", async (args, problem) => {
    const { code, stderr } = await freightliner(...args);
    expect([code, stderr]).toEqual([2, expect.stringContaining(problem)]);
  });

  it("says what to check when there is no such stack", async () => {
    const { code, stderr } = await freightliner("status", "--local", local, "--stack", "other");
    expect([code, stderr]).toEqual([1, expect.stringContaining("other-copy-us-east-1 cannot be read; check --stack")]);
  });

  it("says that nothing answers at the address of a local stack that has ended", async () => {
    const ended = await scriptedServer(() => undefined);
    await ended[Symbol.asyncDispose]();
    const { host } = ended;
    const address = Object.assign(new URL(local), { host }).href;
    const { code, stderr } = await freightliner("status", "--local", address);
    expect([code, stderr]).toEqual([1, expect.stringContaining(`nothing answers at ${host}; check that`)]);
    expect(stderr).not.toContain("GetFunctionConfiguration");
  });
});
