import { describe, expect, it } from "vitest";
import { imageOf, indexOf, layer } from "../../local/images/image-content.ts";
import type { RegistryEvent } from "../../local/registry/protocol/registry-event.ts";
import { startStack } from "../../local/stack/stack.ts";
import { eventually } from "../fixtures/eventually.ts";
import { push } from "../fixtures/images/push.ts";

const never = AbortSignal.timeout(600_000);

describe("the platforms of an index, pushed before it", () => {
  it("are at the target when the index gets its tag, and show nothing before", async () => {
    const stored: RegistryEvent["kind"][] = [];
    const onTarget = ({ kind }: RegistryEvent): void => {
      if (kind === "blob-stored" || kind === "manifest-stored") stored.push(kind);
    };
    const count = (kind: RegistryEvent["kind"]): number => stored.filter((each) => each === kind).length;
    await using stack = await startStack({ concurrency: 4, timeoutSeconds: 60, onTarget });
    const platforms = ["amd64", "arm64"].map((architecture) =>
      imageOf([layer(architecture, 2_000_000)], { os: "linux", architecture }),
    );
    for (const platform of platforms) await push(stack.source, platform, { repository: "app" }, never);
    await eventually("the blobs", () => Promise.resolve(count("blob-stored") === 4 || undefined));
    expect(count("manifest-stored")).toBe(0);
    await push(stack.source, indexOf(platforms), { repository: "app", tag: "v1" }, never);
    await eventually("the tag", () => Promise.resolve(count("manifest-stored") === 3 || undefined));
    expect(count("blob-stored")).toBe(4);
  });
});
