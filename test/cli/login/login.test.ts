import { lstat, readFile, stat, symlink } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { dockerCredentials } from "../../../cli/credentials/docker-credentials.ts";
import { login } from "../../../cli/login/login.ts";
import type { LoginOptions } from "../../../cli/login/login.ts";
import { logout } from "../../../cli/login/logout.ts";
import { createScreen, createTerminal } from "../../../cli/terminal/terminal.ts";
import { scriptedServer } from "../../fixtures/servers/scripted-server.ts";
import type { ScriptedServer } from "../../fixtures/servers/scripted-server.ts";
import { encoded, loginFolder } from "../credentials/login-folder.ts";
import type { LoginFolder } from "../credentials/login-folder.ts";

const FILE = ".docker/config.json";
const never = new AbortController().signal;

/** A registry that accepts `me` with the password `right` at its token server. */
function registryWithTokens(): Promise<ScriptedServer> {
  return scriptedServer(({ url, headers }, response) => {
    const challenge = `Bearer realm="http://${headers.host}/token",service="s"`;
    if (url.startsWith("/token")) {
      const isMe = headers.authorization === `Basic ${encoded("me:right")}`;
      return void response.writeHead(isMe ? 200 : 401).end(isMe ? '{"token":"good"}' : '{"details":"no such user"}');
    }
    if (headers.authorization === "Bearer good") return void response.end("{}");
    response.writeHead(401, { "www-authenticate": challenge }).end("{}");
  });
}

function registryWithBasic(): Promise<ScriptedServer> {
  return scriptedServer(({ headers }, response) => {
    if (headers.authorization === `Basic ${encoded("me:right")}`) return void response.end("{}");
    response.writeHead(401, { "www-authenticate": 'Basic realm="x"' }).end("{}");
  });
}

/** Standard input: typed at a terminal, or written by a program. */
function typed(text: string, isTTY: boolean) {
  const input = Object.assign(new PassThrough(), { isTTY });
  input.end(text);
  return input;
}

interface Said {
  readonly code: number;
  readonly text: string;
}

async function loggedIn(
  home: LoginFolder,
  options: Partial<LoginOptions> & { readonly registry: string },
  input = typed("right\n", false),
): Promise<Said> {
  const written: string[] = [];
  const screen = createScreen({ write: (text) => void written.push(text) });
  const how = { out: screen, err: screen, environment: home.environment, ask: undefined };
  const terminal = createTerminal(how, { json: false, quiet: false, verbose: false });
  const all = { allowedHosts: [], username: "me", passwordStdin: true, ...options };
  const code = await login(all, terminal, never, input);
  return { code, text: written.join("") };
}

async function loggedOut(home: LoginFolder, registry: string): Promise<string> {
  const written: string[] = [];
  const screen = createScreen({ write: (text) => void written.push(text) });
  const how = { out: screen, err: screen, environment: home.environment, ask: undefined };
  await logout({ registry }, createTerminal(how, { json: false, quiet: false, verbose: false }), never);
  return written.join("");
}

const fileOf = async (home: LoginFolder): Promise<unknown> => JSON.parse(await readFile(join(home.path, FILE), "utf8"));

describe("login", () => {
  it.each([
    ["a token server", registryWithTokens],
    ["Basic", registryWithBasic],
  ])("by %s is checked with the registry, kept for its owner's eyes only, and found by a copy", async (_how, start) => {
    await using home = await loginFolder();
    await using registry = await start();
    const { code, text } = await loggedIn(home, { registry: registry.host });
    const path = join(home.path, FILE);
    expect([code, text]).toEqual([
      0,
      `logged in to ${registry.host} as me; the login is stored in ${path}, which is not encrypted\n`,
    ]);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await fileOf(home)).toEqual({ auths: { [registry.host]: { auth: encoded("me:right") } } });
    expect(await dockerCredentials(`${registry.host}/a`, home.environment)).toMatchObject({ username: "me" });
    expect(registry.got.every(({ url }) => !url.includes("scope="))).toBe(true);
  });

  it.each([
    ["a token server", registryWithTokens],
    ["Basic", registryWithBasic],
  ])("with a wrong password, by %s, is refused, and nothing is kept", async (_how, start) => {
    await using home = await loginFolder();
    await using registry = await start();
    const attempt = loggedIn(home, { registry: registry.host }, typed("wrong", false));
    await expect(attempt).rejects.toThrow(
      new RegExp(
        `^${registry.host} refuses this login \\(HTTP 401.*\\); check user and password; many registries require a token`,
      ),
    );
    await expect(fileOf(home)).rejects.toThrow("ENOENT");
  });

  it("keeps everything that other tools wrote, and replaces the same registry's login in any spelling", async () => {
    await using home = await loginFolder();
    await using registry = await registryWithBasic();
    const other = { auth: encoded("other:p"), email: "a@b" };
    await home.write(FILE, {
      HttpHeaders: { a: "b" },
      auths: { [`http://${registry.host}/v1/`]: { auth: encoded("old:p") }, "ghcr.io": other },
      plugins: { x: { hooks: "y" } },
    });
    await loggedIn(home, { registry: `http://${registry.host}/v2/` });
    expect(await fileOf(home)).toEqual({
      HttpHeaders: { a: "b" },
      auths: { "ghcr.io": other, [registry.host]: { auth: encoded("me:right") } },
      plugins: { x: { hooks: "y" } },
    });
  });

  it("writes to the file that REGISTRY_AUTH_FILE names, and leaves a link a link", async () => {
    await using home = await loginFolder();
    await using registry = await registryWithBasic();
    await home.write("real.json", {});
    await symlink("real.json", join(home.path, "link.json"));
    home.environment["REGISTRY_AUTH_FILE"] = join(home.path, "link.json");
    await loggedIn(home, { registry: registry.host });
    expect((await lstat(join(home.path, "link.json"))).isSymbolicLink()).toBe(true);
    expect(await dockerCredentials(registry.host, home.environment)).toMatchObject({ username: "me" });
  });

  it("stores the login with the configured helper, and writes the same empty entry as Docker", async () => {
    await using home = await loginFolder();
    await using registry = await registryWithBasic();
    await home.helper("kept", 'echo "$1 $input" >> noted');
    await home.write(FILE, { credsStore: "kept" });
    const { text } = await loggedIn(home, { registry: registry.host });
    expect(text).toContain("the login is stored in docker-credential-kept\n");
    expect(await home.noted("noted")).toEqual([
      `store ${JSON.stringify({ ServerURL: registry.host, Username: "me", Secret: "right" })}`,
    ]);
    expect(await fileOf(home)).toEqual({ credsStore: "kept", auths: { [registry.host]: {} } });
  });

  it("prompts for a missing password, and never shows it", async () => {
    await using home = await loginFolder();
    await using registry = await registryWithBasic();
    const asked = { registry: registry.host, passwordStdin: false };
    const { text } = await loggedIn(home, asked, typed("right\r", true));
    expect(text).toContain("Password: ");
    expect(text).toContain(`logged in to ${registry.host} as me`);
    expect(text).not.toContain("right");
  });

  it.each<[string, Partial<LoginOptions> & { registry: string }, string, RegExp]>([
    [
      "no registry",
      { registry: "https://" },
      "p",
      /"https:\/\/" is not a registry; write its host, or host\/namespace/,
    ],
    ["a tag", { registry: "r.test/a:v1" }, "p", /is not a registry/],
    ["no password", { registry: "r.test" }, "\n", /standard input is empty/],
    ["no terminal", { registry: "r.test", passwordStdin: false }, "p", /use --username and --password-stdin/],
    ["no user", { registry: "r.test", username: undefined }, "p", /--password-stdin needs --username/],
  ])("with %s is refused before anything is sent", async (_what, options, text, says) => {
    await using home = await loginFolder();
    await expect(loggedIn(home, options, typed(text, false))).rejects.toThrow(says);
  });

  it("leaves a broken file unchanged", async () => {
    await using home = await loginFolder();
    await using registry = await registryWithBasic();
    await home.write(FILE, '{"auths": {');
    await expect(loggedIn(home, { registry: registry.host })).rejects.toThrow(
      /config\.json is not valid JSON at line 1/,
    );
    expect(await readFile(join(home.path, FILE), "utf8")).toBe('{"auths": {');
  });
});

describe("logout", () => {
  it("forgets the login in every spelling, and no other", async () => {
    await using home = await loginFolder();
    const login = { auth: encoded("me:p") };
    await home.write(FILE, {
      auths: { "https://index.docker.io/v1/": login, "docker.io": login, "docker.io/team": login, "ghcr.io": login },
    });
    expect(await loggedOut(home, "docker.io")).toBe("logged out of docker.io\n");
    expect(await fileOf(home)).toEqual({ auths: { "docker.io/team": login, "ghcr.io": login } });
    expect(await loggedOut(home, "docker.io")).toBe(`${join(home.path, FILE)} has no login for docker.io\n`);
  });

  it("erases it from the helper, too", async () => {
    await using home = await loginFolder();
    await home.helper("kept", 'echo "$1 $input" >> noted');
    await home.write(FILE, { credsStore: "kept", auths: { "https://index.docker.io/v1/": {} } });
    await loggedOut(home, "index.docker.io");
    expect(await home.noted("noted")).toEqual(["erase https://index.docker.io/v1/"]);
    expect(await fileOf(home)).toEqual({ credsStore: "kept", auths: {} });
  });
});
