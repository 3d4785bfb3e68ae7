import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A Go program of another project, at the tested version. */
export interface Peer {
  readonly module: string;
  readonly version: string;
  /** The main package of the module, or our own file that starts the module. */
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
  regsync: { module: "github.com/regclient/regclient", version: "v0.11.7", main: { package: "cmd/regsync" } },
  cosign: { module: "github.com/sigstore/cosign/v3", version: "v3.1.3", main: { package: "cmd/cosign" } },
} as const satisfies Readonly<Record<string, Peer>>;
export type PeerName = keyof typeof PEERS;

/** The command that builds them. */
export const BUILD = "npm run peers";

/** Those that take minutes to build: only by name, with their own tests. */
export const BUILT_BY_NAME: readonly PeerName[] = ["cosign"];

/** The folder of the programs: outside of node_modules, which `npm ci` removes. */
export const PEERS_FOLDER: string = fileURLToPath(new URL("../../.peers", import.meta.url));

/** The path of a program, built or not. Each version has its own path. */
export function peerPath(name: PeerName): string {
  return join(PEERS_FOLDER, `${name}-${PEERS[name].version}`);
}

/** The path of a built program. @throws Error that says how to build it, if it is missing. */
export function peerProgram(name: PeerName): string {
  const path = peerPath(name);
  if (existsSync(path)) return path;
  const command = BUILT_BY_NAME.includes(name) ? `${BUILD} -- ${name}` : BUILD;
  throw new Error(`${name} ${PEERS[name].version} is not built; run "${command}" (it needs Go)`);
}
