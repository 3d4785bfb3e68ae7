import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** A tool that copies, and the commands it takes for some tags of a repository. */
export interface Tool {
  readonly name: string;
  readonly commands: (from: string, to: string, tags: readonly string[]) => readonly (readonly string[])[];
}

const script = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** This project: the command for one image, and one process for many tags. */
export const OURS: Tool = {
  name: "freightliner",
  commands: (from, to, tags) => [
    tags.length === 1
      ? [process.execPath, script("../freightliner.mjs"), "copy", `${from}:${tags[0]}`, `${to}:${tags[0]}`]
      : [process.execPath, script("./copy-tags.ts"), from, to, ...tags],
  ],
};

const PEERS: readonly (Tool & { readonly program: string })[] = [
  {
    name: "skopeo",
    program: "skopeo",
    commands: (from, to, tags) =>
      tags.map((tag) => [
        "skopeo",
        "copy",
        "-q",
        "--all",
        "--preserve-digests",
        "--src-tls-verify=false",
        "--dest-tls-verify=false",
        `docker://${from}:${tag}`,
        `docker://${to}:${tag}`,
      ]),
  },
  {
    name: "crane -j32",
    program: "crane",
    commands: (from, to, tags) =>
      tags.length === 1
        ? [["crane", "copy", "-j", "32", `${from}:${tags[0]}`, `${to}:${tags[0]}`]]
        : [["crane", "copy", "-j", "32", "--all-tags", from, to]],
  },
  {
    name: "regctl",
    program: "regctl",
    commands: (from, to, tags) =>
      tags.map((tag) => [
        "regctl",
        "--host",
        `reg=${from.split("/")[0]},tls=disabled`,
        "--host",
        `reg=${to.split("/")[0]},tls=disabled`,
        "image",
        "copy",
        `${from}:${tag}`,
        `${to}:${tag}`,
      ]),
  },
];

/** The peers on the PATH, with their versions; and the names of those that are not there. */
export function findPeers(): {
  readonly present: readonly Tool[];
  readonly versions: readonly string[];
  readonly absent: readonly string[];
} {
  const asked = PEERS.map((tool) => {
    const flag = tool.program === "skopeo" ? "--version" : "version";
    const { status, stdout } = spawnSync(tool.program, [flag], { encoding: "utf8" });
    return { tool, version: status === 0 ? stdout.trim().split("\n")[0] : undefined };
  });
  return {
    present: asked.filter(({ version }) => version !== undefined).map(({ tool }) => tool),
    versions: asked.flatMap(({ tool, version }) =>
      version === undefined ? [] : [version.includes(tool.program) ? version : `${tool.program} ${version}`],
    ),
    absent: asked.filter(({ version }) => version === undefined).map(({ tool }) => tool.program),
  };
}
