import { buildPeer } from "./build-peer.ts";
import { BUILT_BY_NAME, PEERS } from "./programs.ts";
import type { PeerName } from "./programs.ts";

// `npm run peers [-- NAME...]` builds the missing programs with the installed Go, from the module proxy.

function isPeer(name: string): name is PeerName {
  return Object.hasOwn(PEERS, name);
}

try {
  const usual = Object.keys(PEERS).filter((name) => !BUILT_BY_NAME.some((each) => each === name));
  for (const name of process.argv.length > 2 ? process.argv.slice(2) : usual) {
    if (!isPeer(name)) throw new Error(`there is no peer "${name}"; there are ${Object.keys(PEERS).join(", ")}`);
    buildPeer(name);
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
