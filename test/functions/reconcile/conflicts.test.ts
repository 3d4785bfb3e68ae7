import { describe, expect, it } from "vitest";
import { createHandler } from "../../../functions/reconcile/handler.ts";
import { parseConfiguration } from "../../../src/contract/configuration/configuration.ts";
import type { ConfigurationDocument } from "../../../src/contract/configuration/configuration-document.ts";
import type { Digest } from "../../../src/oci/digest.ts";
import { parseTag } from "../../../src/oci/reference.ts";
import type { Tag } from "../../../src/oci/reference.ts";
import { tagKey } from "../../../src/replication/state/tag-record.ts";
import type { TagRecord } from "../../../src/replication/state/tag-record.ts";
import { documentOf } from "../../fixtures/configuration.ts";
import { DOCUMENT, HOUR, MINUTE, digest, setUp } from "./reconcile-fixture.ts";

const never = new AbortController().signal;

type Conflict = NonNullable<ConfigurationDocument["rules"][number]["conflict"]>;

const documentWith = (conflict: Conflict) => documentOf({ repositories: ["**"], destinations: ["gar"], conflict });

const FAILED = { outcome: "failed", reason: "target-conflict" } as const;

interface Decided {
  readonly rule?: Conflict;
  readonly as?: { readonly tag: Tag; readonly digest: Digest };
  readonly last?: TagRecord["last"];
}

/** A comparison of `app:v1`, which a copy has left as it is at the target: text `theirs`. */
async function afterDecision({ rule = "skip", as, last = { outcome: "skipped", reason: "conflict" } }: Decided = {}) {
  const policy = typeof rule === "string" ? rule : `rename ${rule.rename}`;
  const stage = setUp({ document: documentWith(rule) });
  const { prefix } = DOCUMENT.destinations[0] ?? { prefix: "" };
  const name = `${prefix}/app`;
  stage.push("app:v1", "ours");
  stage.target.set(`${name}:v1`, "theirs");
  const conflict = { policy, source: digest("ours"), target: digest("theirs"), at: stage.time.now, as };
  const record: TagRecord = { fence: 1, attempts: 0, wantedAt: stage.time.now - HOUR, last, conflict };
  await stage.tags.update(tagKey(`gar/${name}`, "v1"), () => ({ next: record, answer: undefined }), never);
  const compare = async (): Promise<number> => {
    const before = stage.sent.length;
    stage.time.now += 10 * MINUTE;
    await stage.handle(900_000);
    return stage.sent.length - before;
  };
  return { ...stage, name, compare };
}

describe("a conflict that a copy has decided", () => {
  it.each(["skip", "target-wins", "newest-wins", "merge", "fail"] as const)(
    "is not requested again: %s",
    async (rule) => {
      const last = rule === "fail" ? FAILED : undefined;
      const { compare, observer } = await afterDecision({ rule, ...(last && { last }) });
      for (let round = 0; round < 3; round++) expect(await compare()).toBe(0);
      expect(observer.lines.filter(({ message }) => message === "Tags differ")).toEqual([]);
    },
  );

  it("is not requested again after a year", async () => {
    const { compare, time } = await afterDecision();
    time.now += 365 * 24 * HOUR;
    expect(await compare()).toBe(0);
  });

  it.each([
    ["the source moves the tag", "source"],
    ["someone moves the tag at the target", "target"],
    ["someone deletes the tag at the target", "deletion"],
  ])("is requested once when %s", async (_what, change) => {
    const { compare, push, target, name } = await afterDecision();
    if (change === "source") push("app:v1", "ours, again");
    if (change === "target") target.set(`${name}:v1`, "someone else's");
    if (change === "deletion") target.delete(`${name}:v1`);
    expect(await compare()).toBe(1);
    expect(await compare()).toBe(0);
  });

  it("is requested at once when people have resolved a failure", async () => {
    const { compare, target, name } = await afterDecision({
      rule: "fail",
      last: FAILED,
    });
    expect(await compare()).toBe(0);
    target.delete(`${name}:v1`);
    expect(await compare()).toBe(1);
  });

  it("is requested when the rule changes", async () => {
    const { compare, dependencies, sent } = await afterDecision();
    expect(await compare()).toBe(0);
    const configuration = parseConfiguration(documentWith("source-wins"));
    await createHandler({ ...dependencies, configuration, now: () => 11 * HOUR })(900_000);
    expect(sent).toHaveLength(1);
  });

  it("is requested when the other tag is missing or moved, and not as long as it is there", async () => {
    const { compare, target, name } = await afterDecision({
      rule: { rename: "{tag}-aws" },
      as: { tag: parseTag("v1-aws"), digest: digest("ours") },
      last: { outcome: "replicated" },
    });
    target.set(`${name}:v1-aws`, "ours");
    expect(await compare()).toBe(0);
    target.set(`${name}:v1-aws`, "moved");
    expect(await compare()).toBe(1);
  });
});
