import { startDistribution } from "../fixtures/real/docker-registry.ts";
import type { RegistryLogin } from "../fixtures/real/docker-registry.ts";
import type { RealRegistry } from "../fixtures/real/server-process.ts";
import { BUILD, peerProgram } from "../../bench/peers/programs.ts";

/** Distribution 3, on disk. */
export function startDistribution3(login: RegistryLogin): Promise<RealRegistry> {
  return startDistribution(peerProgram("registry"), BUILD, login);
}
