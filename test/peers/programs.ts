import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A Go program of another project, at the version that is tried and compared. */
export interface Peer {
  readonly module: string;
  readonly version: string;
  /** Package of the module that is the program, or a file of ours that starts the module's own. */
  readonly main: { readonly package: string } | { readonly file: string };
}

export const PEERS = {
  registry: {
    module: "github.com/distribution/distribution/v3",
    version: "v3.1.2",
    main: { file: "distribution/main.go" },
  },
  crane: { module: "github.com/google/go-containerregistry", version: "v0.22.1", main: { package: "cmd/crane" } },
  regctl: { module: "github.com/regclient/regclient", version: "v0.11.7", main: { package: "cmd/regctl" } },
} as const satisfies Readonly<Record<string, Peer>>;
export type PeerName = keyof typeof PEERS;

/** What builds them all. */
export const BUILD = "npm run peers";

/** Where their programs are: not among the dependencies, which `npm ci` removes. */
export const PEERS_FOLDER: string = fileURLToPath(new URL("../../.peers", import.meta.url));

/** Where a peer's program is, or will be. An older version has another path. */
export function peerPath(name: PeerName): string {
  return join(PEERS_FOLDER, `${name}-${PEERS[name].version}`);
}

/** Path of a peer's program. @throws Error when it is not built, saying how it is. */
export function peerProgram(name: PeerName): string {
  const path = peerPath(name);
  if (!existsSync(path)) throw new Error(`${name} ${PEERS[name].version} is not built; run "${BUILD}" (it needs Go)`);
  return path;
}
