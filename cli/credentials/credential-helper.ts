import * as z from "zod";
import { quoted } from "../../src/oci/errors/quoted.ts";
import type { Credentials } from "../../src/registry/credentials/credentials.ts";
import { redact } from "../../src/registry/redaction/redact.ts";
import { CredentialsError } from "./credentials-error.ts";

/** A helper's answer to `get` (docker/docker-credential-helpers, "Development"). */
const HelperAnswer = z.object({ Username: z.string(), Secret: z.string() });

/** A login as helpers store it. With the user name `<token>`, the secret is an identity token. */
export interface StoredLogin {
  readonly ServerURL: string;
  readonly Username: string;
  readonly Secret: string;
}

/** Long enough for a helper that asks the user to unlock a key ring. */
const HELPER_TIMEOUT_MS = 30_000;
const HELPER_MAX_BYTES = 1024 * 1024;
/** Characters of a failing helper's output that an error shows. */
const SHOWN_MAX_LENGTH = 200;

/**
 * Gets a login from `docker-credential-NAME`; undefined when it has none.
 * @throws {CredentialsError} when the helper is not installed, fails, times out or prints no login.
 */
export async function getFromHelper(
  helper: string,
  server: string,
  signal?: AbortSignal,
): Promise<Credentials | undefined> {
  const { failure, output, stdout } = await run({ helper, action: "get", server }, server, signal);
  if (failure !== undefined && NOT_FOUND.test(output)) return undefined;
  if (failure !== undefined) throw failure;
  const answer = HelperAnswer.safeParse(parsed(stdout)).data;
  if (answer === undefined) throw new CredentialsError(`docker-credential-${helper} returned no login for ${server}`);
  return credentialsOf(answer.Username, answer.Secret);
}

/** Stores a login in a helper. @throws {CredentialsError} when the helper fails. */
export async function storeInHelper(helper: string, login: StoredLogin, signal: AbortSignal): Promise<void> {
  const call = { helper, action: "store", server: login.ServerURL } as const;
  const { failure } = await run(call, JSON.stringify(login), signal);
  if (failure !== undefined) throw failure;
}

/** Erases a login from a helper. @throws {CredentialsError} when the helper fails, but not when it has no such login. */
export async function eraseFromHelper(helper: string, server: string, signal: AbortSignal): Promise<void> {
  const { failure, output } = await run({ helper, action: "erase", server }, server, signal);
  if (failure !== undefined && !NOT_FOUND.test(output)) throw failure;
}

/**
 * The credentials of a user name and secret as helpers and auth files store them: with the user name `<token>`, the secret is an
 * identity token. Undefined when the user name is empty.
 */
export function credentialsOf(username: string, secret: string): Credentials | undefined {
  if (username === "<token>") return { kind: "identity-token", token: secret };
  return username === "" ? undefined : { kind: "basic", username, password: secret };
}

/** What helpers print when they have no login (docker/docker-credential-helpers, "credentials.NewErrCredentialsNotFound"). */
const NOT_FOUND = /credentials not found/i;

interface HelperCall {
  readonly helper: string;
  readonly action: "get" | "store" | "erase";
  readonly server: string;
}

interface Ended {
  readonly failure: CredentialsError | undefined;
  /** Both streams: helpers print errors to either. */
  readonly output: string;
  readonly stdout: string;
}

function run(call: HelperCall, input: string, signal: AbortSignal | undefined): Promise<Ended> {
  const { helper, action } = call;
  if (!/^[\w.-]+$/.test(helper)) {
    throw new CredentialsError(`${quoted(helper)} is not a name of a credential helper`);
  }
  signal?.throwIfAborted();
  // Loaded here: the module brings all kinds of sockets, and most logins are in a file.
  const { execFile } = process.getBuiltinModule("node:child_process");
  return new Promise((resolve, reject) => {
    const limits = { timeout: HELPER_TIMEOUT_MS, killSignal: "SIGKILL", maxBuffer: HELPER_MAX_BYTES } as const;
    const child = execFile(`docker-credential-${helper}`, [action], { ...limits, signal }, (error, stdout, stderr) => {
      if (signal?.aborted === true) return reject(signal.reason);
      const output = `${stdout}\n${stderr}`;
      const failure = error === null ? undefined : new CredentialsError(describe(call, error, output));
      return resolve({ failure, output, stdout });
    });
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input);
  });
}

/** What went wrong. Node's message is not shown, because it quotes the helper's output, which can contain a secret. */
function describe({ helper, action, server }: HelperCall, error: Error, output: string): string {
  const program = `docker-credential-${helper}`;
  const code = "code" in error ? error.code : undefined;
  if (code === "ENOENT")
    return `${program}, which stores the login for ${server}, is not installed; install it, or log in again without it`;
  if (code === "ERR_CHILD_PROCESS_STDIO_MAXBUFFER")
    return `${program} answered more than ${HELPER_MAX_BYTES} bytes for ${server}`;
  const isLate = "killed" in error && error.killed === true;
  if (isLate) return `${program} did not answer for ${server} within ${HELPER_TIMEOUT_MS / 1_000} s`;
  const words = redact(output).slice(0, SHOWN_MAX_LENGTH);
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
