import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildPeer, GoBuildError } from "../peers/build-peer.ts";
import { PEERS } from "../peers/programs.ts";
import type { CopyTask, Tool } from "./tool.ts";
import { registryOf } from "./tool.ts";

/** Tools of other projects, and what there is to say of them. */
export interface FoundPeers {
  readonly tools: readonly Tool[];
  readonly versions: readonly string[];
  readonly absent: readonly string[];
}

/** Streams per registry, and images at once, of the tools that have such an option. */
const STREAMS = "32";
const isSingle = (_workload: string, tags: number): boolean => tags === 1;

/** Builds or finds the peers, with the options that make each fastest. Those that cannot be had are named. */
export function findPeers(): FoundPeers {
  const built = (["crane", "regctl", "regsync"] as const).map((name) => {
    const program = tryBuild(name);
    return typeof program === "string"
      ? { tool: TOOLS[name](program), version: `${name} ${PEERS[name].version}` }
      : { absent: `${name} (${program.message})` };
  });
  const { status, stdout } = spawnSync("skopeo", ["--version"], { encoding: "utf8" });
  const skopeo =
    status === 0
      ? { tool: skopeoTool, version: stdout.trim().replace(" version", "") }
      : { absent: "skopeo (apt-get install skopeo)" };
  const all = [...built, skopeo];
  return {
    tools: all.flatMap(({ tool }) => (tool === undefined ? [] : [tool])),
    versions: all.flatMap(({ version }) => (version === undefined ? [] : [version])),
    absent: all.flatMap((each) => ("absent" in each ? [each.absent] : [])),
  };
}

function tryBuild(name: "crane" | "regctl" | "regsync"): string | GoBuildError {
  try {
    return buildPeer(name);
  } catch (error) {
    if (error instanceof GoBuildError) return error;
    throw error;
  }
}

const TOOLS = {
  crane: (program: string): Tool => ({
    name: `crane -j${STREAMS}`,
    kind: "peer",
    takes: () => true,
    commands({ from, to, images }) {
      const [tag, ...more] = images.keys();
      const places = more.length === 0 ? [`${from}:${tag}`, `${to}:${tag}`] : ["--all-tags", from, to];
      return [[program, "copy", "-j", STREAMS, ...places]];
    },
  }),
  regctl: (program: string): Tool => ({
    name: "regctl",
    kind: "peer",
    takes: isSingle,
    commands: ({ from, to, images, isTls }) =>
      [...images.keys()].map((tag) => [
        program,
        ...[from, to].flatMap((place) => ["--host", `reg=${registryOf(place)},tls=${isTls ? "enabled" : "disabled"}`]),
        "image",
        "copy",
        `${from}:${tag}`,
        `${to}:${tag}`,
      ]),
  }),
  regsync: (program: string): Tool => ({
    name: "regsync",
    kind: "peer",
    takes: (_workload, tags) => tags > 1,
    commands: (task) => [[program, "-c", writeRegsync(task), "once"]],
  }),
} as const;

/** One entry per tag: entries run side by side, the tags of one entry do not. */
function writeRegsync({ from, to, images, isTls, folder }: CopyTask): string {
  const path = join(folder, "regsync.json");
  const host = (place: string): object => ({
    registry: registryOf(place),
    tls: isTls ? "enabled" : "disabled",
    reqConcurrent: Number(STREAMS),
  });
  const sync = [...images.keys()].map((tag) => ({ source: `${from}:${tag}`, target: `${to}:${tag}`, type: "image" }));
  const configuration = { version: 1, creds: [host(from), host(to)], defaults: { parallel: Number(STREAMS) }, sync };
  writeFileSync(path, JSON.stringify(configuration));
  return path;
}

const skopeoTool: Tool = {
  name: "skopeo",
  kind: "peer",
  takes: isSingle,
  commands: ({ from, to, images, isTls }) =>
    [...images.keys()].map((tag) => [
      "skopeo",
      "copy",
      "-q",
      "--all",
      "--preserve-digests",
      `--src-tls-verify=${isTls}`,
      `--dest-tls-verify=${isTls}`,
      `docker://${from}:${tag}`,
      `docker://${to}:${tag}`,
    ]),
};
