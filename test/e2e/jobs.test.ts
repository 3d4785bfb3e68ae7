import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { imageOf, layer } from "../../local/images/image-content.ts";
import { startStack } from "../../local/stack/stack.ts";
import type { Stack } from "../../local/stack/stack.ts";
import { eventually } from "../fixtures/eventually.ts";
import { push } from "../fixtures/images/push.ts";
import { freightliner } from "../fixtures/processes/freightliner.ts";

const never = AbortSignal.timeout(600_000);

describe("jobs of a stack", () => {
  const parts = new AsyncDisposableStack();
  const copied = new Set<string>();
  let stack: Stack;
  const jobs = (...args: string[]) => freightliner(["jobs", ...args, "--local", stack.lambdaEndpoint]);

  beforeAll(async () => {
    stack = parts.use(
      await startStack({
        concurrency: 2,
        timeoutSeconds: 30,
        reconcileAfterMs: 3_600_000,
        // Its pushes emit no events that arrive: only jobs find them.
        delivery: () => "never",
        onTarget: (event) => void (event.kind === "manifest-stored" && copied.add(`${event.repository}:${event.tag}`)),
      }),
    );
    const image = (name: string) => imageOf([layer(name, 2_000)], { os: "linux", architecture: "amd64" });
    for (const tag of ["v1", "v2"]) await push(stack.source, image(tag), { repository: "team/app", tag }, never);
  });
  afterAll(() => parts.disposeAsync());

  const arrived = (tag: string): boolean => [...copied].some((each) => each.endsWith(`team/app:${tag}`));

  it("are added once, shown, listed and replaced", async () => {
    const task = ["copy-tag", "--repository", "team/app", "--tag", "v1"];
    expect((await jobs("add", "release", ...task)).stdout).toBe("added release\n");
    const again = await jobs("add", "release", ...task);
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining("update it instead")]);
    expect((await jobs("update", "release", ...task, "--schedule", "rate(2 hours)")).code).toBe(0);
    expect((await jobs("list")).stdout).toMatch(/release +rate\(2 hours\) +copy team\/app:v1 to all destinations/);
    const odd = await jobs("update", "release", ...task, "--schedule", "daily");
    expect([odd.code, odd.stderr]).toEqual([2, expect.stringContaining("schedule: is not rate(5 minutes)")]);
    expect((await jobs("show", "release")).stdout).toMatch(/rate\(2 hours\)/);
    expect((await jobs("show", "absent")).code).toBe(3);
  });

  it("copy a tag on demand, and remember the run", async () => {
    expect((await jobs("run", "release")).stdout).toBe("release succeeded: requested team/app:v1 for local\n");
    await eventually("the copy of v1", () => arrived("v1") || undefined);
    expect(arrived("v2")).toBe(false);
    expect((await jobs("history", "release")).stdout).toMatch(/succeeded after .*: requested team\/app:v1/);
  });

  it("copy what differs of a repository when their schedule is due", async () => {
    // A busy machine may add the job after it was due; then it never is. It is replaced until it was added in time.
    for (let [verb, due] = ["add", 0]; Date.now() > due; verb = "update") {
      due = Math.ceil(Date.now() / 1_000) * 1_000 + 5_000;
      const schedule = `at(${new Date(due).toISOString().slice(0, 19)})`;
      const task = ["copy-repository", "--repository", "team/app", "--schedule", schedule];
      expect((await jobs(verb, "differences", ...task)).code).toBe(0);
    }
    await eventually("the copy of v2", () => arrived("v2") || undefined);
    const ended = await eventually("the end of the run", async () => {
      const { stdout } = await jobs("history", "differences");
      return stdout.includes("succeeded") ? stdout : undefined;
    });
    expect(ended).toMatch(/compared 1 repository, requested 1 copy/);
  });

  it("plan and verify, and show what they found", async () => {
    expect((await jobs("add", "changes", "plan")).code).toBe(0);
    expect((await jobs("result", "changes")).stdout).toBe("there is no result yet\n");
    expect((await jobs("run", "changes")).stdout).toMatch(/changes succeeded: planned 1 repository: 0 to copy/);
    expect((await jobs("result", "changes")).stdout).toMatch(
      /: 1 repository in .*, by configuration [\da-f]+\nlocal: 0 to copy, 0 to delete, 2 equal\n/,
    );
    await jobs("add", "deep", "verify", "--repository", "team/app", "--repair");
    expect((await jobs("run", "deep")).stdout).toMatch(/verified 1 repository: 2 equal, 0 with faults/);
    expect((await jobs("result", "deep")).stdout).toMatch(/\nlocal: 2 equal, 0 with faults\n/);
    expect((await jobs("result", "release")).code).toBe(2);
    expect((await jobs("result", "absent")).code).toBe(3);
  });

  it("fail visibly when the configuration does not allow them, and are gone when they are removed", async () => {
    await jobs(
      "add",
      "elsewhere",
      "copy-tag",
      "--repository",
      "team/app",
      "--tag",
      "v1",
      "--destination",
      "evil.example",
    );
    const ran = await jobs("run", "elsewhere");
    expect([ran.code, ran.stdout]).toEqual([1, expect.stringContaining("no destination evil.example")]);
    expect((await jobs("remove", "elsewhere")).code).toBe(0);
    expect((await jobs("run", "elsewhere")).code).toBe(3);
    expect((await jobs("cancel", "release")).code).toBe(3);
  });
});
