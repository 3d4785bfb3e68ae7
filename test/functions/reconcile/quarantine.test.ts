import { describe, expect, it } from "vitest";
import { cosignTags } from "../../../src/oci/cosign-tags.ts";
import { NEW_TAG } from "../../../src/replication/state/tag-record.ts";
import { digest, HOUR, MINUTE, setUp } from "./reconcile-fixture.ts";

const KEY = "gar/p/a:v1";
const document = { rules: [{ repositories: ["**"], gate: { maxBytes: 1 }, destinations: ["gar"] }] };

/** A comparison after the gate has kept an image at the source, an hour after its push. */
async function quarantined(configuration?: string) {
  const stage = setUp({ document });
  const { push, time, tags, dependencies, handle } = stage;
  push("a:v1", "1");
  const decided = configuration ?? dependencies.configuration.version;
  const last = { outcome: "quarantined", reason: "unsigned", digest: digest("1"), configuration: decided } as const;
  const keep = (): Promise<void> =>
    tags.update(KEY, (record = NEW_TAG) => ({
      next: { ...record, wantedAt: time.now - HOUR, last: { ...last, at: time.now } },
      answer: undefined,
    }));
  await keep();
  /** Compares a few times, and says what was requested. */
  const compare = async (): Promise<readonly string[]> => {
    for (let round = 0; round < 3; round++) {
      time.now += 10 * MINUTE;
      await handle(60_000);
    }
    return stage.asked().splice(0, 9);
  };
  return { ...stage, keep, compare };
}

describe("a comparison that finds an image in quarantine", () => {
  it("does not request it while nothing has changed, and once a day", async () => {
    const { compare, time, keep, asked } = await quarantined();
    expect(await compare()).toEqual([]);
    time.now += 24 * HOUR;
    expect(await compare()).toEqual(["a:v1"]);
    await keep();
    await compare();
    expect(asked()).toHaveLength(1);
  });

  it("requests it once when a signature of it is pushed", async () => {
    const { compare, push, time, asked, keep } = await quarantined();
    push(`a:${cosignTags(digest("1"))[0] ?? ""}`, "signature", time.now + 1_000);
    expect(await compare()).toEqual(["a:v1"]);
    time.now += MINUTE;
    await keep();
    await compare();
    expect(asked()).toHaveLength(1);
  });

  it("requests it when the configuration has changed", async () => {
    const { compare } = await quarantined("another version");
    expect(await compare()).toEqual(["a:v1"]);
  });

  it("requests another image under the same tag", async () => {
    const { compare, push, time } = await quarantined();
    push("a:v1", "2", time.now);
    expect(await compare()).toEqual(["a:v1"]);
  });
});
