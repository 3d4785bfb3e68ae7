import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { request } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { basicAuthorization } from "../../../local/access/basic-authorization.ts";
import { imageOf, indexOf, layer } from "../../../local/images/image-content.ts";
import type { ImageContent } from "../../../local/images/image-content.ts";
import { signatureOf, signatureTag } from "../../../local/images/signature.ts";
import { startStack } from "../../../local/stack/stack.ts";
import type { Stack } from "../../../local/stack/stack.ts";
import * as z from "zod";
import { NEVER } from "../../../src/async/abort.ts";
import { parseTag } from "../../../src/oci/reference.ts";
import { describeOutcome } from "../../../src/replication/outcome/outcome.ts";
import { NEW_TAG } from "../../../src/replication/state/tag-record.ts";
import { localStackAccess } from "../../../src/wiring/operations/local-stack-access.ts";
import { openOperations } from "../../../src/wiring/operations/open-operations.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { push } from "../../fixtures/images/push.ts";
import { temporaryFolder } from "../../fixtures/processes/programs.ts";
import { runCommand } from "../../fixtures/processes/run-command.ts";
import { readPlanned } from "./planned.ts";

const base = layer("base", 30_000);
const image = (name: string): ImageContent => imageOf([base, layer(name, 900)], { os: "linux", architecture: "amd64" });
const HOUR_MS = 3_600_000;
const byText = (a: string, b: string): number => a.localeCompare(b);

/** Rules of an external document. */
const CHANGED = `
rules:
  - name: tools
    repositories: ["tools/**"]
    destinations: [local]
    exclude: { tags: ["dev-*"] }
  - name: team
    repositories: ["team/**"]
    destinations: [local]
    conflict: { rename: "{tag}-aws" }
    deletes: { mode: mirror, graceHours: 0.25, maxRatioPerDay: 1 }
`;

const SPECIAL = `
rules:
  - repositories: ["stripped/**"]
    destinations: [local]
    platforms: { include: [linux/amd64], keep: strip }
  - repositories: ["merged/**"]
    destinations: [local]
    conflict: merge
  - repositories: ["kept/**"]
    destinations: [local]
    conflict: target-wins
`;

const CIRCLE = `
rules:
  - repositories: ["circle/**"]
    destinations: [local]
    conflict: converge
`;

/** What the target answers about a manifest, or a list of tags. */
const Answer = z.object({
  tags: z.array(z.string()).optional(),
  manifests: z.array(z.object({ digest: z.string() })).optional(),
});

describe("plans of a running stack", () => {
  const parts = new AsyncDisposableStack();
  let stack: Stack;
  let folder: string;
  let planFile: string;
  let changed: string;

  const freightliner = (...args: string[]) => runCommand(args, { DOCKER_CONFIG: folder });
  const plan = (...args: string[]) => freightliner("plan", "--local", stack.lambdaEndpoint, ...args);
  const apply = (...args: string[]) => freightliner("apply", planFile, "--local", stack.lambdaEndpoint, ...args);
  const pushTag = (repository: string, tag: string, content = image(tag)): Promise<void> =>
    push(stack.source, content, { repository, tag }, NEVER);
  const operations = () => openOperations("freightliner", localStackAccess(stack.lambdaEndpoint) ?? {}, NEVER);
  const atTarget = (tag: string) => ({ repository: `${stack.target.prefix}/team/app`, tag });

  /** A push that is younger than a second is left to its event. */
  const planOf = (copies: number, ...args: string[]): Promise<string> =>
    eventually(`a plan of ${copies} copies`, async () => {
      const { stdout } = await plan("--json", ...args);
      return readPlanned(stdout).totals.copies === copies ? stdout : undefined;
    });

  async function readTarget(path: string): Promise<z.infer<typeof Answer>> {
    const url = `http://${stack.target.registry}/v2/${stack.target.prefix}/${path}`;
    const accept = "application/vnd.oci.image.index.v1+json";
    const { body } = await request(url, { headers: { authorization: basicAuthorization(stack.target), accept } });
    return Answer.parse(await body.json());
  }

  async function deleteAtSource(tag: string): Promise<void> {
    const url = `http://${stack.source.registry}/v2/team/app/manifests/${tag}`;
    const headers = { authorization: basicAuthorization(stack.source) };
    const { statusCode, body } = await request(url, { method: "DELETE", headers });
    await body.dump();
    expect(statusCode).toBe(202);
  }

  beforeAll(async () => {
    folder = parts.use(await temporaryFolder()).path;
    planFile = join(folder, "the.plan");
    changed = join(folder, "changed.yaml");
    await writeFile(changed, CHANGED);
    stack = parts.use(
      await startStack({
        concurrency: 2,
        timeoutSeconds: 30,
        // The plan is the only one that copies: no event arrives, and no comparison begins.
        delivery: () => "never",
        reconcileAfterMs: HOUR_MS,
        flags: ["reconcile.graceSeconds=1"],
      }),
    );
    for (const tag of ["old", "older", "kept"]) await pushTag("team/app", tag);
    for (const tag of ["v1", "dev-1"]) await pushTag("tools/x", tag);
  }, 600_000);
  afterAll(() => parts.disposeAsync());

  it("write nothing to the stack's records; what carries them out does, as a copy", async () => {
    await planOf(5, "--out", planFile);
    await using open = await operations();
    expect(await Array.fromAsync(open.tags())).toEqual([]);
    expect(await apply()).toMatchObject({ code: 0, stderr: expect.stringContaining("copied 5 images") });
    const key = "local/project/repository/team/app:kept";
    const record = await open.stores.tags.read(key, NEVER);
    const { digest } = image("kept").root.descriptor;
    expect(record).toMatchObject({ replicated: { digest }, last: { outcome: "replicated" }, puts: [{ digest }] });
    expect(record?.lease).toBeUndefined();
    expect(await open.receipts(key, 1)).toMatchObject([{ outcome: "replicated", digest, rule: "rule 1" }]);
    expect(await plan()).toMatchObject({ code: 0, stdout: expect.stringContaining("0 to copy, 0 to delete, 5 equal") });
  });

  it("have a price, as what the source got in a month has", async () => {
    const { code, stdout } = await freightliner("cost", "--local", stack.lambdaEndpoint, "--path", "nat");
    expect([code, stdout]).toEqual([
      0,
      expect.stringContaining("in the last 30 days, 5 images of 0.0 MB for each of 1 destination"),
    ]);
    expect(stdout).toMatch(/^egress +32\.85 +0\.0 GB leave AWS by a NAT gateway, and \$32\.85 for its hours$/m);
  });

  it("refuse by name what has moved at either end since, and carry out the rest", async () => {
    for (const tag of ["still", "moved", "taken"]) await pushTag("team/app", tag);
    await planOf(3, "--out", planFile);
    await pushTag("team/app", "moved", image("newer"));
    await push(stack.target, image("foreign"), atTarget("taken"), NEVER);
    const { code, stderr } = await apply();
    expect(code).toBe(1);
    const digest = "sha256:[0-9a-f]{64}";
    expect(stderr).toMatch(
      new RegExp(`team/app:moved was refused: it has moved at the source: ${digest}, now ${digest}; plan again`),
    );
    expect(stderr).toMatch(
      new RegExp(`team/app:taken was refused: project/repository/team/app:taken has moved at the target: nothing, now`),
    );
    expect(stderr).toMatch(/^copied 1 image: .*; 2 refused$/m);
  });

  it("show how other rules would turn out: what they leave and why, and the other tag of one that is taken", async () => {
    const found = readPlanned(await planOf(2, "--external", changed));
    expect(found.copies.map(({ how, reference, as }) => `${how} ${reference} as ${as}`).toSorted(byText)).toEqual([
      "put moved as moved",
      "rename taken as taken-aws",
    ]);
    expect(found.skipped).toEqual([{ rule: "tools", reason: "tag-excluded", images: 1, samples: ["tools/x:dev-1"] }]);
    const { stdout } = await plan("--external", changed);
    expect(stdout).toContain('leave   1: "tools" excludes the tag: tools/x:dev-1');
    expect(stdout).toMatch(/rename {2}team\/app:taken to project\/repository\/team\/app:taken-aws, .* \("team"\)/);
  });

  it("carry out what only a copy would make: a part of an index, a merged one, content without a tag, and signatures", async () => {
    const file = join(folder, "special.yaml");
    await writeFile(file, SPECIAL);
    const [amd64, arm64] = [image("multi"), imageOf([base, layer("arm", 700)], { os: "linux", architecture: "arm64" })];
    const whole = indexOf([amd64, arm64]);
    for (const name of ["stripped/app", "merged/app", "kept/app"]) {
      await push(stack.source, whole, { repository: name, tag: "v1" }, NEVER);
    }
    const signed = whole.root.descriptor.digest;
    await push(stack.source, signatureOf(signed), { repository: "kept/app", tag: signatureTag(signed) }, NEVER);
    const { prefix } = stack.target;
    const other = indexOf([imageOf([layer("s390x", 500)], { os: "linux", architecture: "s390x" })]);
    await push(stack.target, other, { repository: `${prefix}/merged/app`, tag: "v1" }, NEVER);
    await push(stack.target, other, { repository: `${prefix}/kept/app`, tag: "v1" }, NEVER);
    const found = readPlanned(await planOf(3, "--external", file, "--repository", "*/app", "--out", planFile));
    expect(found.copies.map(({ how, repository }) => `${how} ${repository}`).toSorted(byText)).toEqual([
      "keep kept/app",
      "merge merged/app",
      "put stripped/app",
    ]);
    expect(await apply("--external", file)).toMatchObject({
      code: 0,
      stderr: expect.stringContaining("copied 3 images"),
    });
    const tagsAt = async (name: string): Promise<string[]> => (await readTarget(`${name}/tags/list`)).tags ?? [];
    const namesAt = async (reference: string): Promise<string[]> =>
      ((await readTarget(reference)).manifests ?? []).map(({ digest }) => digest);
    expect(await namesAt("stripped/app/manifests/v1")).toEqual([amd64.root.descriptor.digest]);
    expect(await namesAt("merged/app/manifests/v1")).toHaveLength(3);
    expect(await namesAt(`kept/app/manifests/${signed}`)).toHaveLength(2);
    expect((await tagsAt("kept/app")).toSorted(byText)).toEqual([signatureTag(signed), "v1"]);
    expect((await plan("--external", file, "--repository", "*/app")).stdout).toContain("0 to copy, 0 to delete");
  });

  it("replace the larger image of a circle when the decision to keep it is as old as a copy lets it become", async () => {
    const file = join(folder, "circle.yaml");
    await writeFile(file, CIRCLE);
    const images = [image("one side"), image("the other")];
    const [smaller, larger] = images.toSorted((a, b) => byText(a.root.descriptor.digest, b.root.descriptor.digest));
    if (smaller === undefined || larger === undefined) throw new Error("two images were made");
    await push(stack.source, smaller, { repository: "circle/app", tag: "v1" }, NEVER);
    await push(stack.target, larger, { repository: `${stack.target.prefix}/circle/app`, tag: "v1" }, NEVER);
    const planned = async (): Promise<readonly string[]> => {
      const { stdout } = await plan("--json", "--external", file, "--repository", "circle/app");
      const { copies, skipped } = readPlanned(stdout);
      return [...copies.map(({ how }) => how), ...skipped.map(({ reason }) => reason)];
    };
    const decision = await eventually("a decision", async () => {
      const found = await planned();
      // A push that is younger than a second is left to its event.
      return found.includes("young") ? undefined : found;
    });
    expect(decision).toEqual(["target-newer"]);
    await using open = await operations();
    const [source, target] = [smaller.root.descriptor.digest, larger.root.descriptor.digest];
    const conflict = { policy: "converge", source, target, at: Date.now() - HOUR_MS, until: Date.now() - 1 };
    const decided = (record = NEW_TAG) => ({ next: { ...record, conflict }, answer: undefined });
    await open.stores.tags.update("local/project/repository/circle/app:v1", decided, NEVER);
    expect(await planned()).toEqual(["overwrite"]);
  });

  it("delete what is due, and say what will be", async () => {
    await using open = await operations();
    const { tags, deletions } = open.stores;
    const scope = "local/project/repository/team/app";
    const { digest } = image("old").root.descriptor;
    await deleteAtSource("old");
    await deleteAtSource("older");
    // Copied an hour ago, and found deleted half an hour later.
    const at = Date.now() - HOUR_MS;
    const longAgo = { wantedAt: at, replicated: { digest, at } };
    const moveBack = (record = NEW_TAG) => ({ next: { ...record, ...longAgo }, answer: undefined });
    await tags.update(`${scope}:old`, moveBack, NEVER);
    const times = { seenAt: at + HOUR_MS / 2, dueAt: at + HOUR_MS };
    const tombstone = {
      tag: parseTag("old"),
      digest,
      by: "e",
      cause: "source-deleted",
      rule: "team",
      ...times,
    } as const;
    const next = { repository: "team/app", tombstones: [tombstone], hours: [], kept: [] };
    await deletions.update(scope, () => ({ next, answer: undefined }), NEVER);
    const { stdout } = await plan("--external", changed, "--out", planFile);
    expect(stdout).toContain('delete  project/repository/team/app:old (source-deleted in team/app, "team")');
    expect(stdout).toMatch(/later {3}project\/repository\/team\/app:older will be deleted in 1[45] min/);
    expect((await deletions.read(scope, NEVER))?.tombstones).toHaveLength(1);
    const { code, stderr } = await apply("--external", changed);
    expect([code, stderr]).toEqual([0, expect.stringContaining("1 deleted")]);
    const after = await plan("--external", changed);
    expect([after.code, after.stdout]).toEqual([0, expect.stringContaining("0 to copy, 0 to delete")]);
    const receipts = await open.receipts(`${scope}:old`, 10);
    expect(receipts.map(describeOutcome)).toContain("deleted: source-deleted");
  });

  it("are not begun from a file that is not whole, or from one of another configuration or stack", async () => {
    const whole = await readFile(planFile, "utf8");
    await writeFile(planFile, whole.split("\n").slice(0, -2).join("\n"));
    expect(await apply("--external", changed)).toMatchObject({ code: 2, stderr: expect.stringContaining("not whole") });
    await writeFile(planFile, whole);
    expect(await apply()).toMatchObject({ code: 2, stderr: expect.stringContaining("the configuration has changed") });
    await writeFile(planFile, whole.replace('"stack":"freightliner"', '"stack":"other"'));
    expect(await apply("--external", changed)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("stack other"),
    });
  });

  it("end with 1 for a wrong command line, because 2 means changes", async () => {
    expect(await plan("--bogus")).toMatchObject({ code: 1, stderr: expect.stringContaining("--bogus") });
    expect(await freightliner("plan", "--config", join(folder, "none.yaml"))).toMatchObject({ code: 1 });
  });
});
