import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PEERS, PEERS_FOLDER, peerPath } from "./programs.ts";
import type { Peer, PeerName } from "./programs.ts";

// `npm run peers [-- NAME...]` builds the missing programs with the installed Go, from the module proxy.

/** Builds a program in its own temporary module, so that nothing is written into this tree. */
function build(peer: Peer, output: string): void {
  const folder = mkdtempSync(join(tmpdir(), "peer-"));
  try {
    go(folder, "mod", "init", "peer");
    go(folder, "get", `${peer.module}@${peer.version}`);
    if ("file" in peer.main) {
      copyFileSync(fileURLToPath(new URL(peer.main.file, import.meta.url)), join(folder, "main.go"));
      go(folder, "mod", "tidy");
    }
    const target = "file" in peer.main ? "." : `${peer.module}/${peer.main.package}`;
    go(folder, "build", "-trimpath", "-o", output, target);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function go(cwd: string, ...args: string[]): void {
  const env = { ...process.env, CGO_ENABLED: "0", GOFLAGS: "-mod=mod" };
  const { status, error } = spawnSync("go", args, { cwd, env, stdio: ["ignore", "inherit", "inherit"] });
  if (status === 0) return;
  throw new Error(
    error === undefined
      ? `"go ${args.join(" ")}" failed; its message is above`
      : `the program "go" cannot be started; install Go (https://go.dev/doc/install) and run this again`,
  );
}

function isPeer(name: string): name is PeerName {
  return Object.hasOwn(PEERS, name);
}

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(PEERS);
mkdirSync(PEERS_FOLDER, { recursive: true });
try {
  for (const name of names) {
    if (!isPeer(name)) throw new Error(`there is no peer "${name}"; there are ${Object.keys(PEERS).join(", ")}`);
    if (existsSync(peerPath(name))) continue;
    console.log(`building ${PEERS[name].module} ${PEERS[name].version}`);
    build(PEERS[name], peerPath(name));
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
