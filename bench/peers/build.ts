import { buildPeer } from "./build-peer.ts";
import { PEERS } from "./programs.ts";
import type { PeerName } from "./programs.ts";

// `npm run peers [-- NAME...]` builds the missing programs with the installed Go, from the module proxy.

function isPeer(name: string): name is PeerName {
  return Object.hasOwn(PEERS, name);
}

try {
  for (const name of process.argv.length > 2 ? process.argv.slice(2) : Object.keys(PEERS)) {
    if (!isPeer(name)) throw new Error(`there is no peer "${name}"; there are ${Object.keys(PEERS).join(", ")}`);
    buildPeer(name);
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
