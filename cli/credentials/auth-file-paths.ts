import { homedir } from "node:os";
import { join } from "node:path";

/**
 * Auth files in the order of lookup: only the one that REGISTRY_AUTH_FILE names, if it is set; otherwise Docker's, then Podman's
 * (containers-auth.json(5), "DESCRIPTION"; crane uses the same order).
 */
export function authFilePaths(environment: NodeJS.ProcessEnv): readonly string[] {
  const { REGISTRY_AUTH_FILE, XDG_RUNTIME_DIR, XDG_CONFIG_HOME } = environment;
  if (REGISTRY_AUTH_FILE) return [REGISTRY_AUTH_FILE];
  return [
    dockerConfig(environment),
    ...(XDG_RUNTIME_DIR ? [join(XDG_RUNTIME_DIR, "containers", "auth.json")] : []),
    join(XDG_CONFIG_HOME || join(homeOf(environment), ".config"), "containers", "auth.json"),
  ];
}

/** The file to write logins to: the first in the order of lookup. */
export function writableAuthFilePath(environment: NodeJS.ProcessEnv): string {
  return environment["REGISTRY_AUTH_FILE"] || dockerConfig(environment);
}

function dockerConfig(environment: NodeJS.ProcessEnv): string {
  return join(environment["DOCKER_CONFIG"] || join(homeOf(environment), ".docker"), "config.json");
}

function homeOf({ HOME }: NodeJS.ProcessEnv): string {
  return HOME || homedir();
}
