import { execFile } from "node:child_process";
import type { Copier, CopyTask, Ended } from "../odd/run-copy.ts";
import { peerProgram } from "../../bench/peers/programs.ts";

/** A copy of a few kilobytes that takes longer counts as failed, in milliseconds: it hangs, or waits for minutes. */
const HANGS_MS = 60_000;

/** The other tools, each with the options that copy most. */
export const PEER_COPIERS: readonly Copier[] = [
  {
    name: "crane",
    copy: (task) => run(peerProgram("crane"), ["copy", ...platformOf(task), task.source, task.target], task),
  },
  {
    name: "regctl",
    copy: (task) => {
      const hosts = task.hosts.flatMap((host) => ["--host", `reg=${host},tls=disabled`]);
      const copying = ["image", "copy", "--referrers", "--digest-tags", ...platformOf(task)];
      return run(peerProgram("regctl"), [...hosts, ...copying, task.source, task.target], task);
    },
  },
  {
    name: "skopeo",
    copy: (task) => {
      const [os = "", arch = ""] = task.platform?.split("/") ?? [];
      const chosen = task.platform === undefined ? [] : ["--override-os", os, "--override-arch", arch];
      const copying = ["copy", "-q", "--preserve-digests", "--src-tls-verify=false", "--dest-tls-verify=false"];
      if (task.platform === undefined) copying.push("--all");
      return run("skopeo", [...chosen, ...copying, `docker://${task.source}`, `docker://${task.target}`], task);
    },
  },
];

const platformOf = ({ platform }: CopyTask): readonly string[] =>
  platform === undefined ? [] : ["--platform", platform];

function run(program: string, args: readonly string[], { environment }: CopyTask): Promise<Ended> {
  const env = { PATH: process.env["PATH"] ?? "", ...environment };
  return new Promise((resolve) => {
    execFile(program, args, { env, timeout: HANGS_MS }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : 1, output: stdout + stderr });
    });
  });
}
