import { imageOf, indexOf, layer, withReferrer } from "./image-content.ts";
import type { ImageContent } from "./image-content.ts";

const MEGABYTE = 1_000_000;
const PLATFORMS = [
  { os: "linux", architecture: "amd64" },
  { os: "linux", architecture: "arm64" },
  { os: "linux", architecture: "arm", variant: "v7" },
];

/** The demo: an image for three platforms that share a base, with an artifact in the form of a signature attached to it. */
export function demoImage(version: string): ImageContent {
  const base = layer("base", 8 * MEGABYTE);
  const images = PLATFORMS.map((platform) =>
    imageOf(
      [base, layer(`app-${version}-${platform.architecture}`, 4 * MEGABYTE), layer(`assets-${version}`, MEGABYTE)],
      platform,
    ),
  );
  const signature = new TextEncoder().encode(`{"note":"stands for a signature of version ${version}"}`);
  return withReferrer(indexOf(images), "application/vnd.freightliner.demo.signature", signature);
}
