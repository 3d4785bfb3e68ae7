import { describe, expect, it } from "vitest";
import { JobRefusedError, runTask } from "../../functions/jobs/run-task.ts";
import { parseConfiguration } from "../../src/contract/configuration/configuration.ts";
import { NEVER } from "../../src/async/abort.ts";
import { Job, JobTask } from "../../src/replication/jobs/job.ts";
import { EXAMPLE } from "../infra/template.ts";

const HOSTILE = ["https://evil.example/app", "evil.example:443/app", "//evil.example", "app@evil.example", "../app"];
const isJob = (task: object): boolean => Job.safeParse({ name: "job", task }).success;

const noRecords = {
  list: () => {
    throw new Error("not asked for");
  },
  remove: () => Promise.reject(new Error("not asked for")),
};

const taskOf = (parameters: object) => JobTask.parse({ kind: "copy-tag", ...parameters });

describe("T38: a job that names a host, or more than the rules allow", () => {
  it.each(HOSTILE)("is refused with %s as a repository or a tag", (text) => {
    expect(isJob({ kind: "copy-tag", repository: text, tag: "1" })).toBe(false);
    expect(isJob({ kind: "copy-repository", repository: text })).toBe(false);
    expect(isJob({ kind: "copy-tag", repository: "prod/app", tag: text })).toBe(false);
  });

  it("is refused with a field or a task that is not known", () => {
    for (const field of ["registry", "host", "url", "prefix", "target"]) {
      expect(isJob({ kind: "reconcile", [field]: "evil.example" })).toBe(false);
      expect(isJob({ kind: "copy-repository", repository: "prod/app", [field]: "evil.example" })).toBe(false);
    }
    expect(isJob({ kind: "invoke", function: "anything" })).toBe(false);
    expect(isJob({ kind: "reconcile" })).toBe(true);
  });

  it.each([
    { repository: "secret/app", tag: "1" },
    { repository: "prod/app", tag: "1", destination: "asia" },
    { repository: "prod/app", tag: "1", destination: "evil.example" },
  ])("sends nothing that no rule sends: %j", async (task) => {
    const sent: unknown[] = [];
    const ports = {
      configuration: parseConfiguration(EXAMPLE),
      id: "job",
      send: async (requests: readonly unknown[]) => void sent.push(...(await Promise.resolve(requests))),
      compare: () => Promise.reject(new Error("not asked for")),
      deployed: [],
      jobs: () => Promise.resolve([]),
      records: noRecords,
      inspect: () => Promise.reject(new Error("not asked for")),
      job: "job",
      run: "run",
      until: 0,
      now: () => 0,
    };
    await expect(runTask(taskOf(task), ports, NEVER)).rejects.toThrow(JobRefusedError);
    expect(sent).toEqual([]);
    await runTask(taskOf({ repository: "prod/app", tag: "1" }), ports, NEVER);
    expect(sent).toMatchObject([{ destination: "europe" }]);
  });
});
