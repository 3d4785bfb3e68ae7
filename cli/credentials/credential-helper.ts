import { execFile } from "node:child_process";
import * as z from "zod";
import { shown } from "../../src/oci/errors/format-error.ts";
import type { Credentials } from "../../src/registry/auth/credentials.ts";
import { redact } from "../../src/registry/redaction/redact.ts";
import { CredentialsError } from "./credentials-error.ts";

/** A helper's answer to `get` (docker/docker-credential-helpers, "Development"). */
const HelperAnswer = z.object({ Username: z.string(), Secret: z.string() });

/** A login as helpers take it; the user `<token>` says that the secret is an identity token. */
export interface StoredLogin {
  readonly ServerURL: string;
  readonly Username: string;
  readonly Secret: string;
}

/** A helper may ask a person to unlock a key ring, and so takes a while. */
const HELPER_TIMEOUT_MS = 30_000;
const HELPER_MAX_BYTES = 1024 * 1024;
/** How much of what a failing helper says is shown. */
const SAID_MAX_LENGTH = 200;

/**
 * Asks `docker-credential-NAME` for a login; undefined when it has none, in the helpers' own words or by an empty answer.
 * @throws {CredentialsError} when it is not there, fails, takes too long or gives no login.
 */
export async function getFromHelper(
  helper: string,
  server: string,
  signal?: AbortSignal,
): Promise<Credentials | undefined> {
  const { failure, said, stdout } = await run({ helper, action: "get", server }, server, signal);
  if (failure !== undefined && /credentials not found/i.test(said)) return undefined;
  if (failure !== undefined) throw failure;
  const answer = HelperAnswer.safeParse(parsed(stdout)).data;
  if (answer === undefined) throw new CredentialsError(`docker-credential-${helper} gave no login for ${server}`);
  return credentialsOf(answer.Username, answer.Secret);
}

/** Gives a login to a helper to keep. @throws {CredentialsError} when it does not. */
export async function storeInHelper(helper: string, login: StoredLogin, signal: AbortSignal): Promise<void> {
  const call = { helper, action: "store", server: login.ServerURL } as const;
  const { failure } = await run(call, JSON.stringify(login), signal);
  if (failure !== undefined) throw failure;
}

/** Lets a helper forget a login. @throws {CredentialsError} when it fails, but not when it had none. */
export async function eraseFromHelper(helper: string, server: string, signal: AbortSignal): Promise<void> {
  const { failure, said } = await run({ helper, action: "erase", server }, server, signal);
  if (failure !== undefined && !/credentials not found/i.test(said)) throw failure;
}

/** A user and a secret, as helpers and files have them: `<token>` stands for no user. Undefined for two empty ones. */
export function credentialsOf(username: string, secret: string): Credentials | undefined {
  if (username === "<token>") return { kind: "identity-token", token: secret };
  return username === "" ? undefined : { kind: "basic", username, password: secret };
}

interface HelperCall {
  readonly helper: string;
  readonly action: "get" | "store" | "erase";
  readonly server: string;
}

interface Ended {
  readonly failure: CredentialsError | undefined;
  /** What it wrote; helpers put their errors on either stream. */
  readonly said: string;
  readonly stdout: string;
}

function run(call: HelperCall, input: string, signal: AbortSignal | undefined): Promise<Ended> {
  const { helper, action } = call;
  if (!/^[\w.-]+$/.test(helper)) {
    throw new CredentialsError(`${shown(helper)} is no name of a credential helper`);
  }
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const limits = { timeout: HELPER_TIMEOUT_MS, killSignal: "SIGKILL", maxBuffer: HELPER_MAX_BYTES } as const;
    const child = execFile(`docker-credential-${helper}`, [action], { ...limits, signal }, (error, stdout, stderr) => {
      if (signal?.aborted === true) return reject(signal.reason);
      const said = `${stdout}\n${stderr}`;
      const failure = error === null ? undefined : new CredentialsError(describe(call, error, said));
      return resolve({ failure, said, stdout });
    });
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input);
  });
}

/** What went wrong. The error of Node is not shown: it quotes what the helper wrote, up to its limit. */
function describe({ helper, action, server }: HelperCall, error: Error, said: string): string {
  const program = `docker-credential-${helper}`;
  const code = "code" in error ? error.code : undefined;
  if (code === "ENOENT")
    return `${program}, which keeps the login for ${server}, is not installed; install it, or log in again without it`;
  if (code === "ERR_CHILD_PROCESS_STDIO_MAXBUFFER")
    return `${program} answered more than ${HELPER_MAX_BYTES} bytes for ${server}`;
  const isLate = "killed" in error && error.killed === true;
  if (isLate) return `${program} did not answer for ${server} within ${HELPER_TIMEOUT_MS / 1_000} s`;
  const words = redact(said).slice(0, SAID_MAX_LENGTH);
  const advice = action === "get" ? `; run "echo ${server} | ${program} get" to see more` : "";
  return `${program} failed for ${server}${words === "" ? "" : `: ${words}`}${advice}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
