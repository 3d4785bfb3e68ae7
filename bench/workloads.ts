import { imageOf, layer } from "../local/images/image-content.ts";
import type { ImageContent } from "../local/images/image-content.ts";

/** Images under tags of one repository. */
export interface Workload {
  readonly name: string;
  readonly what: string;
  readonly images: ReadonlyMap<string, ImageContent>;
}

const AMD64 = { os: "linux", architecture: "amd64" };
const KB = 1_000;
const MB = 1_000_000;

/** The workloads; `quick` makes them small enough to see that the bench works. */
export function createWorkloads(quick: boolean): Workload[] {
  const scale = quick ? 0.1 : 1;
  const tags = (count: number): string[] =>
    Array.from({ length: Math.round(count * scale) }, (_, index) => `v${index}`);
  const size = (bytes: number): number => Math.max(Math.round(bytes * scale), 1_000);
  const big = Array.from({ length: 6 }, (_, index) => layer(`big-${index}`, size(64 * MB)));
  const sizes = [
    1 * KB,
    4 * KB,
    30 * KB,
    100 * KB,
    400 * KB,
    1 * MB,
    2 * MB,
    5 * MB,
    8 * MB,
    12 * MB,
    16 * MB,
    20 * MB,
  ];
  const typical = sizes.map((bytes, index) => layer(`typical-${index}`, size(bytes)));
  const base = Array.from({ length: 8 }, (_, index) => layer(`base-${index}`, size(500 * KB)));
  const many = (tag: string): ImageContent =>
    imageOf([...base, layer(`own-${tag}-1`, 20 * KB), layer(`own-${tag}-2`, 5 * KB)], AMD64);
  const tiny = (tag: string): ImageContent => imageOf([layer(`tiny-${tag}`, 10 * KB)], AMD64);
  return [
    { name: "big", what: "one image, 6 layers of 64 MB", images: new Map([["v0", imageOf(big, AMD64)]]) },
    {
      name: "typical",
      what: "one image, 12 layers of 1 KB to 20 MB",
      images: new Map([["v0", imageOf(typical, AMD64)]]),
    },
    {
      name: "many",
      what: "100 tags sharing 8 layers, 2 small ones of their own",
      images: new Map(tags(100).map((tag) => [tag, many(tag)])),
    },
    {
      name: "tiny",
      what: "200 tags with one layer of 10 KB",
      images: new Map(tags(200).map((tag) => [tag, tiny(tag)])),
    },
  ];
}
