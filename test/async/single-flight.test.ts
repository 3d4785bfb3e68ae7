import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { unlessAborted } from "../../src/async/abort.ts";
import { createSingleFlight } from "../../src/async/single-flight.ts";

const never = new AbortController().signal;

/** Work that ends when the test says so, and how often it was begun. */
function controlled() {
  const begun: { readonly signal: AbortSignal; readonly end: PromiseWithResolvers<string> }[] = [];
  const work = (signal: AbortSignal): Promise<string> => {
    const end = Promise.withResolvers<string>();
    begun.push({ signal, end });
    return end.promise;
  };
  return { begun, work };
}

describe("work that is shared", () => {
  it("runs once for concurrent callers, and again for later ones", async () => {
    const shared = createSingleFlight<string>();
    const { begun, work } = controlled();
    const both = Promise.all([shared.run("a", work, never), shared.run("a", work, never)]);
    const other = shared.run("b", work, never);
    expect(begun).toHaveLength(2);
    begun[0]?.end.resolve("one");
    begun[1]?.end.resolve("two");
    expect(await both).toEqual(["one", "one"]);
    expect(await other).toBe("two");
    void shared.run("a", work, never);
    expect(begun).toHaveLength(3);
  });

  it("continues for the others when its first caller is aborted, which leaves at once", async () => {
    const shared = createSingleFlight<string>();
    const { begun, work } = controlled();
    const first = new AbortController();
    const left = shared.run("a", work, first.signal);
    const stays = shared.run("a", work, never);
    first.abort(new Error("the first has had enough"));
    await expect(left).rejects.toThrow("the first has had enough");
    expect(begun[0]?.signal.aborted).toBe(false);
    begun[0]?.end.resolve("done");
    expect(await stays).toBe("done");
  });

  it("is aborted when no caller is left, and starts again for the next one", async () => {
    const shared = createSingleFlight<string>();
    const { begun, work } = controlled();
    const callers = [new AbortController(), new AbortController()];
    const left = callers.map(({ signal }) => shared.run("a", work, signal));
    for (const caller of callers) caller.abort(new Error("enough"));
    await Promise.allSettled(left);
    expect(begun[0]?.signal.aborted).toBe(true);
    const next = shared.run("a", work, never);
    begun[1]?.end.resolve("anew");
    expect(await next).toBe("anew");
  });

  it("fails for all callers, and the failure is not cached", async () => {
    const shared = createSingleFlight<string>();
    const failing = (): Promise<string> => Promise.reject(new Error("refused"));
    const both = await Promise.allSettled([shared.run("a", failing, never), shared.run("a", failing, never)]);
    expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(await shared.run("a", () => Promise.resolve("well"), never)).toBe("well");
  });

  it("ends at once for a caller that was aborted before", async () => {
    const { begun, work } = controlled();
    const gone = AbortSignal.abort(new Error("gone"));
    await expect(createSingleFlight<string>().run("a", work, gone)).rejects.toThrow("gone");
    await expect(unlessAborted(new Promise(() => undefined), gone)).rejects.toThrow("gone");
    expect(begun).toHaveLength(0);
  });

  it("is aborted exactly when every caller has left, in any order", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { minLength: 1, maxLength: 8 }), async (leaves) => {
        const shared = createSingleFlight<string>();
        const { begun, work } = controlled();
        const callers = leaves.map(() => new AbortController());
        const outcomes = Promise.allSettled(callers.map(({ signal }) => shared.run("a", work, signal)));
        for (const [index, leave] of leaves.entries()) if (leave) callers[index]?.abort(new Error("left"));
        await new Promise(setImmediate);
        expect(begun[0]?.signal.aborted).toBe(leaves.every(Boolean));
        begun[0]?.end.resolve("done");
        const stayed = (await outcomes).map(({ status }) => status === "fulfilled");
        expect(stayed).toEqual(leaves.map((leave) => !leave));
      }),
    );
  });
});
