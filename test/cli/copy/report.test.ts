import { describe, expect, it } from "vitest";
import { createOrderedOutput } from "../../../cli/copy/report/ordered-output.ts";
import { describeEnd } from "../../../cli/copy/report/report-end.ts";
import { showManyImages } from "../../../cli/copy/report/show-many-images.ts";
import { parseReference } from "../../../src/oci/reference.ts";
import { createScreen } from "../../../cli/terminal/terminal.ts";

describe("the output of many images", () => {
  it("has their order, each as soon as those before it are printed", async () => {
    const output = createOrderedOutput();
    const printed: number[] = [];
    const put = (index: number): void => output.put(index, () => void printed.push(index));
    put(1);
    put(3);
    await Promise.resolve();
    expect(printed).toEqual([]);
    put(0);
    await Promise.resolve();
    await Promise.resolve();
    expect(printed).toEqual([0, 1]);
    await output.end();
    expect(printed).toEqual([0, 1, 3]);
  });

  it("waits for a print that takes time", async () => {
    const output = createOrderedOutput();
    const printed: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    output.put(0, () => promise.then(() => void printed.push("first")));
    output.put(1, () => void printed.push("second"));
    resolve();
    await output.end();
    expect(printed).toEqual(["first", "second"]);
  });
});

describe("the last lines", () => {
  const ended = { images: 30, copied: 4, unchanged: 3, failed: [] };

  it("say how many images were copied, were there, failed, and were not done", () => {
    expect(describeEnd({ ...ended, images: 7 }, false)).toEqual(["7 images: 4 copied, 3 already present, 0 failed"]);
    expect(describeEnd({ ...ended, images: 7 }, true)).toEqual(["7 images: 4 to copy, 3 already present, 0 failed"]);
    expect(describeEnd(ended, false)).toEqual(["30 images: 4 copied, 3 already present, 0 failed, 23 not done"]);
  });

  it("name those that failed, twenty at most", () => {
    const failed = Array.from({ length: 23 }, (_, index) => `r.io/app:v${index}`);
    expect(describeEnd({ ...ended, failed }, false)).toEqual([
      `failed: ${failed.slice(0, 20).join(", ")} and 3 more`,
      "30 images: 4 copied, 3 already present, 23 failed",
    ]);
  });
});

describe("the progress of many images", () => {
  const blob = { mediaType: "m", digest: `sha256:${"a".repeat(64)}`, size: 2_000_000 } as const;

  function shown(isTTY: boolean, stepMs: number): string[] {
    const written: string[] = [];
    let now = 0;
    const screen = createScreen({ isTTY, columns: 120, write: (text) => void written.push(text) });
    const progress = showManyImages(screen, 4, () => (now += stepMs));
    const [one, two] = [progress.begin(parseReference("r.io/a")), progress.begin(parseReference("r.io/b"))];
    one.observe({ kind: "planned", manifests: 1, blobs: [blob] });
    two.observe({ kind: "planned", manifests: 1, blobs: [blob] });
    one.observe({ kind: "blob-bytes", blob, bytes: 1_000_000 });
    two.end();
    progress.print(() => screen.lines(["v1 is there"]));
    progress.end();
    return written;
  }

  it("is one bar on a terminal, which makes room for the lines of images", () => {
    const written = shown(true, 200);
    const bars = written.filter((text) => text.includes("images"));
    expect(bars[2]).toMatch(/\[#+\.+\] 0\/4 images, 1\.0 MB of 4\.0 MB, 0\/2 blobs, [\d.]+ .B\/s, /);
    expect(bars[3]).toMatch(/\[#+\.+\] 1\/4 images/);
    expect(written.slice(-3)).toEqual(["\r\u001B[2K", "v1 is there\n", "\r\u001B[2K"]);
  });

  it("counts a blob that several images need once per repository", () => {
    const written: string[] = [];
    let now = 0;
    const screen = createScreen({ write: (text) => void written.push(text) });
    const progress = showManyImages(screen, 3, () => (now += 6_000));
    const images = ["r.io/a", "r.io/a", "r.io/b"].map((name) => progress.begin(parseReference(name)));
    for (const image of images) image.observe({ kind: "planned", manifests: 1, blobs: [blob] });
    images[0]?.observe({ kind: "blob-bytes", blob, bytes: blob.size });
    images[0]?.observe({ kind: "blob-done", blob, how: "uploaded" });
    images[1]?.observe({ kind: "blob-done", blob, how: "present" });
    expect(written.at(-1)).toMatch(/^0\/3 images, 2\.0 MB of 4\.0 MB, 1\/2 blobs, /);
  });

  it("fills its bar by images, and each image by its bytes", () => {
    const fills = shown(true, 200).map((text) => /\[(#*)\.*\]/.exec(text)?.[1]?.length);
    // Half of one image of four, and then half of one and all of another.
    expect(fills[3]).toBe((fills[2] ?? 0) * 3);
  });

  it("is a line every ten seconds elsewhere", () => {
    expect(shown(false, 5)).toEqual(["v1 is there\n"]);
    expect(shown(false, 4_000).filter((text) => text.includes("/4 images"))).toHaveLength(1);
    expect(shown(false, 4_000)[0]).toMatch(/^0\/4 images, .* of .*, 0\/2 blobs, .*\/s, [\d.]+ s\n$/);
  });
});
