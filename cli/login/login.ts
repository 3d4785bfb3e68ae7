import { ExitCode } from "../errors/exit-code.ts";
import type { AccessOptions } from "../registry-access/access-options.ts";
import { openRegistryAccess } from "../registry-access/registry-access.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { UsageError } from "../errors/usage-error.ts";
import { prompt, readPassword } from "./prompt.ts";
import type { Input } from "./prompt.ts";
import { parseAuthFile, readAuthText } from "../credentials/auth-file.ts";
import { writableAuthFilePath } from "../credentials/auth-file-paths.ts";
import { updateAuthFile } from "../credentials/update-auth-file.ts";
import { checkLogin } from "./check-login.ts";
import { credentialsOf, storeInHelper } from "../credentials/credential-helper.ts";
import { helperOf, spellingsOf } from "../credentials/docker-credentials.ts";
import { helperServer } from "../credentials/login-key.ts";
import { parseLoginTarget } from "./login-target.ts";

export interface LoginOptions extends AccessOptions {
  /** `registry[/namespace]`, not parsed yet. */
  readonly registry: string;
  readonly username?: string | undefined;
  readonly passwordStdin: boolean;
}

interface Login {
  readonly username: string;
  readonly secret: string;
}

/**
 * Runs `freightliner login`: checks the login with the registry, then stores it where `docker login` does.
 * @throws {CredentialsError} when the registry refuses the login, or it cannot be stored.
 */
export async function login(
  options: LoginOptions,
  terminal: Terminal,
  signal: AbortSignal,
  input: Input = process.stdin,
): Promise<ExitCode> {
  const { registry, key } = parseLoginTarget(options.registry, "login");
  const given = await readLogin(options, terminal, signal, input);
  const credentials = credentialsOf(given.username, given.secret);
  if (credentials === undefined) throw new UsageError("no username was given", { command: "login" });
  const access = await openRegistryAccess(options, terminal.environment);
  try {
    await checkLogin(registry, credentials, access, signal);
  } finally {
    await access.connections.close();
  }
  const keptIn = await store(key, given, terminal.environment, signal);
  if (terminal.json) terminal.out.json({ registry: key, username: given.username, keptIn });
  else terminal.out.lines([`logged in to ${key} as ${given.username}; the login is stored in ${keptIn}`]);
  return ExitCode.ok;
}

async function readLogin(
  { username, passwordStdin }: LoginOptions,
  { err }: Terminal,
  signal: AbortSignal,
  input: Input,
): Promise<Login> {
  if (passwordStdin && username === undefined) {
    throw new UsageError("--password-stdin needs --username", { command: "login" });
  }
  if (!passwordStdin && input.isTTY !== true) {
    const problem = "there is no terminal to ask for the password; use --username and --password-stdin";
    throw new UsageError(problem, { command: "login" });
  }
  const user = username ?? (await prompt({ text: "Username", isSecret: false }, input, err, signal));
  const secret = passwordStdin
    ? await readPassword(input, signal)
    : await prompt({ text: "Password", isSecret: true }, input, err, signal);
  return { username: user, secret };
}

/** Stores the login. @returns where, as text for the message. */
async function store(
  key: string,
  { username, secret }: Login,
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<string> {
  const path = writableAuthFilePath(environment);
  const file = parseAuthFile(path, (await readAuthText(path)) ?? "");
  const server = helperServer(key);
  const helper = helperOf(file, key);
  if (helper !== undefined)
    await storeInHelper(helper, { ServerURL: server, Username: username, Secret: secret }, signal);
  // With a helper, Docker's file gets an empty entry, which marks that there is a login.
  const entry = helper === undefined ? { auth: Buffer.from(`${username}:${secret}`).toString("base64") } : {};
  const old = new Set(spellingsOf(file, key));
  await updateAuthFile(path, (logins) => {
    const others = Object.entries(logins).filter(([name]) => !old.has(name));
    return Object.fromEntries([...others, [server, entry]]);
  });
  return helper === undefined ? `${path}, which is not encrypted` : `docker-credential-${helper}`;
}
