import type { ReconcileDependencies } from "../../../functions/reconcile/reconcile-dependencies.ts";
import type { RuleDocument } from "../../../src/contract/rules/rule-document.ts";
import { NEW_TAG } from "../../../src/replication/state/tag-record.ts";
import type { TagRecord } from "../../../src/replication/state/tag-record.ts";
import { documentOf } from "../../fixtures/configuration.ts";
import { HOUR, digest, setUp } from "./reconcile-fixture.ts";

/** A repository `a` whose tags were copied by Freightliner, all of them present on both sides. */
export async function mirrored(
  rule: Partial<Pick<RuleDocument, "deletes" | "retention" | "tags">>,
  tags: readonly string[],
  overrides: Partial<ReconcileDependencies> = {},
) {
  const fixture = setUp({
    document: documentOf({ repositories: ["**"], destinations: ["gar"], ...rule }),
    with: overrides,
  });
  for (const [index, tag] of tags.entries()) {
    fixture.push(`a:${tag}`, tag, fixture.time.now - (tags.length - index) * HOUR);
    fixture.target.set(`p/a:${tag}`, tag);
    await setRecord(fixture, tag, {
      ...NEW_TAG,
      wantedAt: fixture.time.now - (tags.length - index) * HOUR,
      replicated: { digest: digest(tag), at: fixture.time.now - HOUR },
      puts: [{ digest: digest(tag), at: fixture.time.now - HOUR }],
    });
  }
  const left = (): string[] => [...fixture.target.keys()].map((name) => name.replace("p/a:", "")).toSorted();
  const outcomes = () =>
    fixture.receipts.map((receipt) =>
      "reason" in receipt ? `${receipt.reference} ${receipt.outcome}: ${receipt.reason}` : receipt.outcome,
    );
  const compareAfter = async (ms: number): Promise<void> => {
    fixture.time.now += ms;
    await fixture.handle(60_000);
  };
  return { ...fixture, left, outcomes, compareAfter };
}

export async function setRecord({ tags }: Pick<ReturnType<typeof setUp>, "tags">, tag: string, next: TagRecord) {
  await tags.update(`gar/p/a:${tag}`, () => ({ next, answer: undefined }));
}

export const MIRROR = { deletes: { mode: "mirror", graceHours: 24, maxRatioPerDay: 0.5, dryRun: false } } as const;
