import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { CopyTask, Tool } from "./tool.ts";
import { registryOf } from "./tool.ts";

const script = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** As it is installed: what `npm run build` writes. All ratios are of this one. */
export const OURS: Tool = {
  name: "freightliner",
  kind: "ours",
  takes: () => true,
  commands: (task) => [[process.execPath, script("../../dist/freightliner.mjs"), ...argumentsOf(task)]],
};

export const OURS_FROM_CHECKOUT: Tool = {
  name: "from the checkout",
  kind: "ours",
  takes: () => true,
  commands: (task) => [[process.execPath, script("../../freightliner.mjs"), ...argumentsOf(task)]],
};

/** The code of the copy function, on every tag in one process. */
export const OUR_FUNCTION: Tool = {
  name: "copy function's code",
  kind: "ours",
  takes: (_workload, tags) => tags > 1,
  commands: ({ from, to, images }) => [[process.execPath, script("./copy-tags.ts"), from, to, ...images.keys()]],
};

/** One image by `copy`, many by `sync`, each in one process. */
function argumentsOf({ from, to, images, isTls, folder }: CopyTask): string[] {
  const access = isTls ? ["--registries", writeRegistries(folder, [from, to])] : [];
  const [tag, ...more] = images.keys();
  if (more.length === 0) return ["copy", ...access, `${from}:${tag}`, `${to}:${tag}`];
  const list = join(folder, "sync.json");
  writeFileSync(list, JSON.stringify({ version: 1, sync: [{ source: from, target: to }] }));
  return ["sync", ...access, list];
}

/** Loopback is plain HTTP unless a file says otherwise. */
function writeRegistries(folder: string, places: readonly string[]): string {
  const path = join(folder, "registries.json");
  const registries = Object.fromEntries(places.map((place) => [registryOf(place), { plainHttp: false }]));
  writeFileSync(path, JSON.stringify({ registries }));
  return path;
}
