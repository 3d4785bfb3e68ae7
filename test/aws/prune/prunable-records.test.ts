import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { awsConfigOf, TEST_KEY } from "../../../local/access/access-key.ts";
import { startDynamoDb } from "../../../local/emulators/dynamodb.ts";
import { createStateTable } from "../../../local/emulators/state-table.ts";
import { NEVER } from "../../../src/async/abort.ts";
import { createPrunableRecords } from "../../../src/aws/prune/prunable-records.ts";
import { PRUNED_RECORDS } from "../../../src/contract/stack/record-owners.ts";
import { describePruned, pruneRecords } from "../../../src/replication/prune/prune-records.ts";
import { PRUNED_KINDS } from "../../../src/replication/prune/unused-record.ts";
import { openJobStores } from "../../../src/wiring/operations/job-stores.ts";
import { openStateStores, openTableClient } from "../../../src/wiring/operations/state-stores.ts";

const IN_USE = { destinations: new Set(["europe"]), comparisons: new Set<string>(), jobs: new Set<string>(), now: 0 };

describe("records that are pruned", () => {
  const parts = new AsyncDisposableStack();
  let client: ReturnType<typeof openTableClient>;
  const table = "prune";

  beforeAll(async () => {
    const dynamo = await startDynamoDb();
    parts.defer(() => dynamo.close());
    await createStateTable(dynamo.endpoint, table);
    client = openTableClient({ ...awsConfigOf(TEST_KEY), endpoint: dynamo.endpoint });
    parts.defer(() => client.destroy());
  });
  afterAll(() => parts.disposeAsync());

  it("are of the kinds that the role of the jobs function may remove", () => {
    expect([...PRUNED_KINDS].toSorted()).toEqual([...PRUNED_RECORDS].toSorted());
  });

  it("are those without a use, and a dry run removes none", async () => {
    const stores = openStateStores(client, table);
    const put = (name: string) =>
      stores.queuePauses.update(name, () => ({ next: { state: "full" }, answer: undefined }), NEVER);
    for (const name of ["europe", "asia", "africa"]) await put(name);
    await stores.tags.update(
      "asia/app:1",
      () => ({ next: { fence: 1, attempts: 0, wantedAt: 0 }, answer: undefined }),
      NEVER,
    );
    const records = createPrunableRecords({ client, table });
    const prune = (dryRun: boolean) => pruneRecords(records, IN_USE, { dryRun }, NEVER);
    const found = { count: 2, groups: [{ why: "of a destination that was removed", count: 2 }] };
    expect(await prune(true)).toMatchObject(found);
    expect(await prune(false)).toMatchObject(found);
    expect(describePruned(await prune(false), false)).toBe("every record is in use");
    expect(await stores.queuePauses.read("europe", NEVER)).toEqual({ state: "full" });
    expect(await stores.queuePauses.read("asia", NEVER)).toBeUndefined();
    expect(await stores.tags.read("asia/app:1", NEVER)).toMatchObject({ fence: 1 });
  });

  it("stay when they change between the look and the removal", async () => {
    const { runs } = openJobStores(client, table);
    const write = () => runs.update("gone", () => ({ next: { history: [] }, answer: undefined }), NEVER);
    await write();
    const records = createPrunableRecords({ client, table });
    const listed = (await Array.fromAsync(records.list(NEVER))).find(({ key }) => key === "gone");
    await write();
    expect(listed && (await records.remove(listed, NEVER))).toBe(false);
    expect(await runs.read("gone", NEVER)).toEqual({ history: [] });
  });
});
