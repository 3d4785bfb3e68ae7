import { describe, expect, it } from "vitest";
import { synthesise } from "../template.ts";

/** The queues of copies that a function's role may send to. */
function queuesOf(role: string): Set<string | undefined> {
  const policies = Object.entries(synthesise().findResources("AWS::IAM::Policy"));
  const own = policies.filter(([id]) => id.startsWith(`Freightliner${role}Role`));
  const statements: { readonly Action: unknown }[] = own.flatMap(
    ([, policy]) => policy["Properties"].PolicyDocument.Statement,
  );
  const sends = statements.filter(({ Action }) => JSON.stringify(Action).includes("sqs:SendMessage"));
  const named = JSON.stringify(sends).matchAll(/"FreightlinerCopies(\w+?)[0-9A-F]{8}"/g);
  return new Set([...named].map(([, queue]) => queue));
}

describe("the fan-out function", () => {
  it("may send to the live and backfill queues, and to no other queue of copies", () => {
    const queues = ["asiabackfill", "asialive", "europebackfill", "europelive"];
    expect(queuesOf("FanOut")).toEqual(new Set(queues));
  });
});

describe("the reconcile function", () => {
  it("may send to the backfill queues only", () => {
    expect(queuesOf("Reconcile")).toEqual(new Set(["asiabackfill", "europebackfill"]));
  });
});
