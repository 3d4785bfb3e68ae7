import { describe, expect, it } from "vitest";
import { lookUpEarly } from "../../../cli/copy/target/tag-look-up.ts";
import { NEVER } from "../../../src/async/abort.ts";
import { parseTag } from "../../../src/oci/reference.ts";

const digest = `sha256:${"a".repeat(64)}` as const;
const tag = parseTag("v1");

describe("a tag that is looked up while its image is read", () => {
  it("is there when the image has been read, and nothing is aborted", async () => {
    const signals: AbortSignal[] = [];
    const lookUp = (_tag: string, signal: AbortSignal) => (signals.push(signal), Promise.resolve(digest));
    {
      await using early = lookUpEarly(tag, { lookUp }, NEVER);
      expect(await early.digest).toBe(digest);
    }
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
  });

  it("is not looked up any further when the image cannot be read, and its failure is not another one", async () => {
    let isOver = false;
    const lookUp = async (_tag: string, signal: AbortSignal): Promise<undefined> => {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      isOver = true;
      throw signal.reason;
    };
    const copy = async (): Promise<void> => {
      await using _early = lookUpEarly(tag, { lookUp }, NEVER);
      throw new Error("the source does not have it");
    };
    await expect(copy()).rejects.toThrow("the source does not have it");
    expect(isOver).toBe(true);
  });

  it("is not looked up where the target gets no tag", async () => {
    const lookUp = () => Promise.reject(new Error("not reached"));
    await using early = lookUpEarly(undefined, { lookUp }, NEVER);
    expect(early.digest).toBeUndefined();
  });
});
