import { imageOf, indexOf, layer } from "../local/images/image-content.ts";
import type { BlobContent, ImageContent } from "../local/images/image-content.ts";

/** Images under tags of one repository. */
export interface Workload {
  readonly name: string;
  readonly what: string;
  readonly images: ReadonlyMap<string, ImageContent>;
  /** Bytes per millisecond that each connection to the source gives, on the long link. */
  readonly sourceCap?: number;
  /** The target has all of it already. */
  readonly isWarm?: boolean;
}

const AMD64 = { os: "linux", architecture: "amd64" };
const KB = 1_000;
const MB = 1_000_000;

/** The workloads; `quick` makes them small enough to see that the bench works. */
export function createWorkloads(quick: boolean): Workload[] {
  const scale = quick ? 0.1 : 1;
  const scaled: Scaled = {
    tags: (count) => Array.from({ length: Math.round(count * scale) }, (_, index) => `v${index}`),
    size: (bytes) => Math.max(Math.round(bytes * scale), 1_000),
  };
  return [...singleImages(scaled), ...manyTags(scaled)];
}

interface Scaled {
  readonly tags: (count: number) => string[];
  readonly size: (bytes: number) => number;
}

const TYPICAL = [0.001, 0.004, 0.03, 0.1, 0.4, 1, 2, 5, 8, 12, 16, 20];
const PLATFORMS = ["amd64", "arm64", "ppc64le", "s390x", "riscv64", "386"];

function singleImages({ size }: Scaled): Workload[] {
  const layers = (name: string, megabytes: readonly number[]): BlobContent[] =>
    megabytes.map((each, index) => layer(`${name}-${index}`, size(each * MB)));
  const one = (image: ImageContent): ReadonlyMap<string, ImageContent> => new Map([["v0", image]]);
  const platforms = PLATFORMS.map((architecture) =>
    imageOf(layers(architecture, [4, 2, 1, 0.5, 0.1]), { os: "linux", architecture }),
  );
  return [
    {
      name: "big",
      what: "one image, 6 layers of 64 MB",
      images: one(imageOf(layers("big", Array(6).fill(64)), AMD64)),
    },
    {
      name: "typical",
      what: "one image, 12 layers of 1 KB to 20 MB",
      images: one(imageOf(layers("typical", TYPICAL), AMD64)),
    },
    { name: "multi", what: "an index of 6 platforms, 5 layers of 0.1 to 4 MB each", images: one(indexOf(platforms)) },
    {
      name: "capped",
      what: "one layer of 200 MB; on the long link the source gives each connection 25 MB/s",
      images: one(imageOf(layers("capped", [200]), AMD64)),
      sourceCap: 25_000,
    },
  ];
}

function manyTags({ size, tags }: Scaled): Workload[] {
  const base = Array.from({ length: 8 }, (_, index) => layer(`base-${index}`, size(500 * KB)));
  const many = (tag: string): ImageContent =>
    imageOf([...base, layer(`own-${tag}-1`, 20 * KB), layer(`own-${tag}-2`, 5 * KB)], AMD64);
  const tiny = (tag: string): ImageContent => imageOf([layer(`tiny-${tag}`, 10 * KB)], AMD64);
  const images = (count: number, image: (tag: string) => ImageContent): ReadonlyMap<string, ImageContent> =>
    new Map(tags(count).map((tag) => [tag, image(tag)]));
  return [
    {
      name: "warm",
      what: "50 tags that the target has already",
      images: images(50, (tag) => tiny(`warm-${tag}`)),
      isWarm: true,
    },
    { name: "many", what: "100 tags sharing 8 layers, 2 small ones of their own", images: images(100, many) },
    { name: "tiny", what: "200 tags with one layer of 10 KB", images: images(200, tiny) },
  ];
}
