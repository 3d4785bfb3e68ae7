import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PEERS, PEERS_FOLDER, peerPath } from "./programs.ts";
import type { Peer, PeerName } from "./programs.ts";

/** A program cannot be built; the message says why. */
export class GoBuildError extends Error {
  override readonly name = "GoBuildError";
}

/** Builds a peer from the Go module proxy unless it is built already. @returns the path of its program. @throws {GoBuildError} */
export function buildPeer(name: PeerName): string {
  const path = peerPath(name);
  if (existsSync(path)) return path;
  process.stderr.write(`building ${PEERS[name].module} ${PEERS[name].version} (${name})\n`);
  mkdirSync(PEERS_FOLDER, { recursive: true });
  buildModule(PEERS[name], path);
  return path;
}

/** Builds a Go program of this project that needs no module. @returns the path of its program. @throws {GoBuildError} */
export function buildOwn(source: URL, name: string): string {
  const path = join(PEERS_FOLDER, name);
  mkdirSync(PEERS_FOLDER, { recursive: true });
  go(PEERS_FOLDER, "build", "-trimpath", "-o", path, fileURLToPath(source));
  return path;
}

/** Builds a program in its own temporary module, so that nothing is written into this tree. */
function buildModule(peer: Peer, output: string): void {
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
  const { status, error } = spawnSync("go", args, { cwd, env, stdio: ["ignore", 2, "inherit"] });
  if (status === 0) return;
  throw new GoBuildError(
    error === undefined
      ? `"go ${args.join(" ")}" failed; its message is above`
      : `the program "go" cannot be started; install Go (https://go.dev/doc/install) and run this again`,
  );
}
