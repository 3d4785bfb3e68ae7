import * as z from "zod";
import { describe, expect, it } from "vitest";
import { StoredCircuitRecord } from "../../../src/aws/dynamodb/stored-circuit-record.ts";
import type { CircuitRecord } from "../../../src/replication/destination/circuit.ts";

const counts = { epoch: 5, calls: 9, failures: 2, slow: 0 };
const failures = [{ repository: "app/web", failures: 2, slow: 0 }];

describe("the stored record of a circuit", () => {
  it.each<[CircuitRecord]>([
    [{ state: "open", since: 1, until: 2, trips: 3 }],
    [{ state: "half-open", since: 1, trips: 3, permits: [{ owner: "o", until: 2 }], successes: 1 }],
    [{ state: "closed", buckets: [{ ...counts, failures: 0 }] }],
  ])("is the record itself for %j", (record) => {
    expect(StoredCircuitRecord.parse(record)).toEqual(record);
    expect(z.encode(StoredCircuitRecord, record)).toEqual(record);
  });

  it("keeps the failures of repositories where every version of the functions reads them", () => {
    const stored = { state: "closed", buckets: [counts, { ...counts, epoch: 6, culprits: failures }] };
    const record: CircuitRecord = {
      state: "closed",
      buckets: [counts, { ...counts, epoch: 6, repositories: failures }],
    };
    expect(StoredCircuitRecord.parse(stored)).toEqual(record);
    expect(z.encode(StoredCircuitRecord, record)).toEqual(stored);
  });

  it.each([[{ state: "ajar" }], [{ state: "closed", buckets: [{ ...counts, calls: -1 }] }]])(
    "is refused as %j",
    (stored) => {
      expect(StoredCircuitRecord.safeParse(stored).success).toBe(false);
    },
  );
});
