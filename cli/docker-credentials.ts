import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import type { Credentials } from "../src/registry/auth/credentials.ts";

/** What we read of Docker's config.json (docker/cli, "Configuration files") and of containers-auth.json. */
const DockerConfig = z.object({
  auths: z
    .record(
      z.string(),
      z.object({ auth: z.string().optional(), username: z.string().optional(), password: z.string().optional() }),
    )
    .optional(),
  credHelpers: z.record(z.string(), z.string()).optional(),
  credsStore: z.string().optional(),
});
type DockerConfig = z.infer<typeof DockerConfig>;

/** A helper's answer to `get` (docker/docker-credential-helpers, "Development"). */
const HelperAnswer = z.object({ Username: z.string(), Secret: z.string() });

/** The configuration or a helper could not be used; says which and what to do. */
export class CredentialsError extends Error {
  override readonly name = "CredentialsError";
}

const HELPER_TIMEOUT_MS = 30_000;

/**
 * The credentials a user has for a registry: from its credential helper, else from the file, else anonymous.
 * @throws {CredentialsError} when the file is no configuration or a helper fails: silently anonymous would only fail later.
 */
export async function dockerCredentials(registry: string, environment: NodeJS.ProcessEnv): Promise<Credentials> {
  const config = await readConfig(configPath(environment));
  const helper = config.credHelpers?.[registry] ?? config.credsStore;
  const fromHelper = helper === undefined ? undefined : await askHelper(helper, registry);
  return fromHelper ?? fromFile(config, registry) ?? { kind: "anonymous" };
}

function configPath(environment: NodeJS.ProcessEnv): string {
  const { REGISTRY_AUTH_FILE, DOCKER_CONFIG } = environment;
  return REGISTRY_AUTH_FILE ?? join(DOCKER_CONFIG ?? join(homedir(), ".docker"), "config.json");
}

async function readConfig(path: string): Promise<DockerConfig> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "{}";
    throw new CredentialsError(`${path} cannot be read; check its permissions`, { cause: error });
  });
  try {
    return DockerConfig.parse(JSON.parse(text));
  } catch (cause) {
    throw new CredentialsError(`${path} is no Docker configuration; repair it, or log in again`, { cause });
  }
}

function fromFile({ auths = {} }: DockerConfig, registry: string): Credentials | undefined {
  const entry = Object.entries(auths).find(([name]) => hostOf(name) === registry)?.[1];
  if (entry === undefined) return undefined;
  const decoded = Buffer.from(entry.auth ?? "", "base64").toString();
  const colon = decoded.indexOf(":");
  const username = entry.username ?? decoded.slice(0, Math.max(colon, 0));
  const password = entry.password ?? decoded.slice(colon + 1);
  return username === "" ? undefined : { kind: "basic", username, password };
}

/** Old entries are URLs: `https://index.docker.io/v1/`. */
function hostOf(name: string): string {
  return name.replace(/^https?:\/\//, "").replace(/\/.*$/, "");
}

async function askHelper(helper: string, registry: string): Promise<Credentials | undefined> {
  if (!/^[\w.-]+$/.test(helper)) throw new CredentialsError(`"${helper}" is no name of a credential helper`);
  const program = `docker-credential-${helper}`;
  const { failed, stdout } = await run(program, registry);
  // The helpers' own way to say "I have none".
  if (failed !== undefined && /credentials not found/i.test(stdout)) return undefined;
  if (failed !== undefined) {
    throw new CredentialsError(
      `${program} failed for ${registry}; run "echo ${registry} | ${program} get" to see why`,
      { cause: failed },
    );
  }
  const answer = HelperAnswer.safeParse(parseJson(stdout)).data;
  if (answer === undefined) throw new CredentialsError(`${program} gave no credentials for ${registry}`);
  if (answer.Username === "<token>")
    throw new CredentialsError(`${program} gave an identity token for ${registry}, which is not supported`);
  return { kind: "basic", username: answer.Username, password: answer.Secret };
}

function run(program: string, input: string): Promise<{ failed: Error | undefined; stdout: string }> {
  return new Promise((resolve) => {
    const child = execFile(program, ["get"], { timeout: HELPER_TIMEOUT_MS }, (error, stdout) =>
      resolve({ failed: error ?? undefined, stdout }),
    );
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input);
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
