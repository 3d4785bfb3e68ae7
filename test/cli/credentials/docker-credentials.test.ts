import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { describeError } from "../../../src/contract/telemetry/observer.ts";
import { describe, expect, it } from "vitest";
import { dockerCredentials } from "../../../cli/credentials/docker-credentials.ts";
import { CredentialsError } from "../../../cli/credentials/credentials-error.ts";
import { encoded, loginFolder } from "./login-folder.ts";
import type { LoginFolder } from "./login-folder.ts";

const DOCKER = ".docker/config.json";
const basic = (username: string, password = "p") => ({ kind: "basic", username, password });
const anonymous = { kind: "anonymous" };

/** The login for a place when the Docker configuration is this. */
async function found(config: unknown, place: string): Promise<unknown> {
  await using home = await loginFolder();
  await home.write(DOCKER, config);
  return await dockerCredentials(place, home.environment);
}

async function refusal(act: (home: LoginFolder) => Promise<unknown>): Promise<string> {
  await using home = await loginFolder();
  const error: unknown = await act(home).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(CredentialsError);
  return error instanceof Error ? describeError(error) : "";
}

describe("a login in a file", () => {
  it.each([
    ["docker.io/library/bash", "https://index.docker.io/v1/"],
    ["docker.io/library/bash", "docker.io"],
    ["docker.io/library/bash", "index.docker.io"],
    ["docker.io/library/bash", "https://registry-1.docker.io/v2/"],
    ["ghcr.io/a/b", "https://ghcr.io"],
    ["ghcr.io/a/b", "https://ghcr.io/v1/"],
    ["ghcr.io/a/b", "GHCR.io"],
    ["GHCR.io/a/b", "ghcr.io"],
    ["r.test/a", "r.test:443"],
    ["r.test:443/a", "https://r.test"],
    ["r.test:5000/a", "r.test:5000"],
    ["127.0.0.1:5000/a", "http://127.0.0.1:5000/v2/"],
    ["quay.io/team/app", "quay.io/team"],
    ["quay.io/team/app", "quay.io/team/app"],
    ["quay.io", "quay.io/"],
  ])("for %s is found under the key %s", async (place, key) => {
    expect(await found({ auths: { [key]: { auth: encoded("me:p") } } }, place)).toEqual(basic("me"));
  });

  it.each([
    ["r.test/a", "r.test:5000"],
    ["r.test:5000/a", "r.test"],
    ["quay.io/other/app", "quay.io/team"],
    ["quay.io/teams/app", "quay.io/team"],
    ["quay.io/team", "quay.io/team/app"],
    ["quay.io", "quay.io/team"],
    ["quay.io/other/app", "https://quay.io/team"],
    ["docker.io/v1/access", "https://index.docker.io/v1/access-token"],
    ["docker.io/library/bash", "https://index.docker.io/v1/access-token"],
    ["evil-ghcr.io/a", "ghcr.io"],
  ])("for %s is not the one under the key %s", async (place, key) => {
    expect(await found({ auths: { [key]: { auth: encoded("me:p") } } }, place)).toEqual(anonymous);
  });

  it("is the one with the longest key, regardless of their order in the file", async () => {
    const keys = ["quay.io", "quay.io/team/app", "quay.io/team"];
    for (const written of [keys, keys.toReversed()]) {
      const auths = Object.fromEntries(written.map((key) => [key, { auth: encoded(`${key}:p`) }]));
      expect(await found({ auths }, "quay.io/team/app")).toEqual(basic("quay.io/team/app"));
      expect(await found({ auths }, "quay.io/team/other")).toEqual(basic("quay.io/team"));
      expect(await found({ auths }, "quay.io/other")).toEqual(basic("quay.io"));
    }
  });

  it.each<[string, object, object]>([
    ["user and password", { username: "f", password: "p" }, basic("f")],
    ["a password with colons", { auth: encoded("me:a:b") }, basic("me", "a:b")],
    ["a password padded with NUL", { auth: encoded("me:p\0\0") }, basic("me")],
    ["nulls for what is not there", { auth: encoded("me:p"), identitytoken: null, username: null }, basic("me")],
    [
      "an identity token beside an empty password",
      { auth: encoded("00000000-0000-0000-0000-000000000000:"), identitytoken: "refresh" },
      { kind: "identity-token", token: "refresh" },
    ],
    ["the user <token>", { auth: encoded("<token>:refresh") }, { kind: "identity-token", token: "refresh" }],
    ["a registry token", { registrytoken: "bearer" }, { kind: "registry-token", token: "bearer" }],
    ["nothing but a mark", { auth: "", email: "me@example" }, anonymous],
  ])("is read from %s", async (_what, entry, expected) => {
    expect(await found({ auths: { "r.test": entry } }, "r.test/a")).toEqual(expected);
  });

  it.each([
    {},
    "",
    { auths: null, credHelpers: null, credsStore: null },
    { auths: { "r.test": null }, credHelpers: { "r.test": null } },
    { auths: {}, credsStore: "" },
  ])("is not there in %j", async (config) => {
    expect(await found(config, "r.test/a")).toEqual(anonymous);
  });
});

describe("files of logins", () => {
  it("are Docker's first, then Podman's, each read only if the file before it has no login", async () => {
    await using home = await loginFolder();
    const environment = { ...home.environment, XDG_RUNTIME_DIR: join(home.path, "run") };
    const ask = () => dockerCredentials("r.test/a", environment);
    await home.write(".config/containers/auth.json", { auths: { "r.test": { auth: encoded("kept:p") } } });
    expect(await ask()).toEqual(basic("kept"));
    await home.write("run/containers/auth.json", { auths: { "r.test": { auth: encoded("run:p") } } });
    expect(await ask()).toEqual(basic("run"));
    await home.write(DOCKER, { auths: { "other.test": { auth: encoded("other:p") } } });
    expect(await ask()).toEqual(basic("run"));
    await home.write(DOCKER, { auths: { "r.test": { auth: encoded("docker:p") } } });
    expect(await ask()).toEqual(basic("docker"));
  });

  it("are the folder that DOCKER_CONFIG names, and the one file that REGISTRY_AUTH_FILE names", async () => {
    await using home = await loginFolder();
    await home.write(DOCKER, { auths: { "r.test": { auth: encoded("home:p") } } });
    await home.write("moved/config.json", { auths: { "r.test": { auth: encoded("moved:p") } } });
    await home.write("named.json", { auths: { "other.test": { auth: encoded("other:p") } } });
    const moved = { ...home.environment, DOCKER_CONFIG: join(home.path, "moved") };
    expect(await dockerCredentials("r.test/a", moved)).toEqual(basic("moved"));
    const named = { ...moved, REGISTRY_AUTH_FILE: join(home.path, "named.json") };
    expect(await dockerCredentials("r.test/a", named)).toEqual(anonymous);
    expect(await dockerCredentials("other.test/a", named)).toEqual(basic("other"));
  });

  it.each([
    ['{\n  "auths": {\n    "r.test": {"auth": "c2VjcmV0OnNlY3JldA=="},\n  }\n}', 4],
    ['{\n  "auths": {\n    "r.test": {"auth": c2VjcmV0OnNlY3JldA==}\n  }\n}', 3],
    ['{\n  "auths": {"r.test": {"auth": "c2VjcmV0OnNlY3JldA=="}', 2],
    ["not json", 1],
  ])(
    "that are no JSON are refused with file and line, and without a word of what is in them (%#)",
    async (text, line) => {
      const said = await refusal(async (home) => {
        await home.write(DOCKER, text);
        return await dockerCredentials("r.test/a", home.environment);
      });
      expect(said).toContain(`.docker/config.json is not valid JSON at line ${line}; `);
      expect(said).not.toContain("c2Vj");
    },
  );

  it("with invalid fields are refused with file and field", async () => {
    const said = await refusal(async (home) => {
      await home.write(DOCKER, { auths: { "r.test": { auth: 5 } }, credsStore: [] });
      return await dockerCredentials("r.test/a", home.environment);
    });
    expect(said).toMatch(/config\.json is not a valid auth file: auths.*r\.test.*auth, credsStore has the wrong type/);
  });

  it("with an entry that holds no login are refused with file and key", async () => {
    const said = await refusal(async (home) => {
      await home.write(DOCKER, { auths: { "https://r.test/v1/": { auth: encoded("no colon") } } });
      return await dockerCredentials("r.test/a", home.environment);
    });
    expect(said).toMatch(
      /the login for https:\/\/r\.test\/v1\/ in .*config\.json holds no user and password; log in again/,
    );
  });

  it("that cannot be read are refused with the reason: a folder, a circular link", async () => {
    expect(
      await refusal(async (home) => {
        await home.write(`${DOCKER}/inside`, "");
        return await dockerCredentials("r.test/a", home.environment);
      }),
    ).toMatch(/config\.json cannot be read \(EISDIR\); check what it is, and its permissions/);
    expect(
      await refusal(async (home) => {
        await home.write("moved/other", "");
        await symlink("config.json", join(home.path, "moved", "config.json"));
        return await dockerCredentials("r.test/a", { DOCKER_CONFIG: join(home.path, "moved") });
      }),
    ).toContain("(ELOOP)");
  });
});

describe("a login that a credential helper stores", () => {
  const GIVES = `echo '{"ServerURL":"","Username":"u","Secret":"s"}'`;
  const HAS_NONE = 'echo "credentials not found in native keychain"; exit 1';

  it("is looked up under the name that docker login stored it under", async () => {
    await using home = await loginFolder();
    await home.helper("exact", `echo "$1 $input" >> asked\n${HAS_NONE}`);
    await home.write(DOCKER, { credsStore: "exact", auths: { "https://old.test/v1/": {} } });
    for (const place of ["docker.io/library/bash", "ghcr.io/a/b", "old.test/a"]) {
      expect(await dockerCredentials(place, home.environment)).toEqual(anonymous);
    }
    expect(await home.noted("asked")).toEqual([
      "get https://index.docker.io/v1/",
      "get docker.io",
      "get ghcr.io",
      "get old.test",
      "get https://old.test/v1/",
    ]);
  });

  it("comes from the registry's helper, else from the one for all, else from the file", async () => {
    await using home = await loginFolder();
    await home.helper("own", `[ "$input" = own.test ] && ${GIVES.replace('"u"', '"own"')} || { ${HAS_NONE}; }`);
    await home.helper("all", `[ "$input" = all.test ] && ${GIVES.replace('"u"', '"all"')} || { ${HAS_NONE}; }`);
    const auth = encoded("filed:s");
    await home.write(DOCKER, {
      auths: { "own.test": { auth }, "all.test": { auth }, "filed.test": { auth }, "bare.test": { auth } },
      credHelpers: { "OWN.test": "own", "filed.test": "own", "bare.test": "" },
      credsStore: "all",
    });
    const users = await Promise.all(
      ["own.test", "all.test", "filed.test", "bare.test", "none.test"].map((place) =>
        dockerCredentials(`${place}/a`, home.environment),
      ),
    );
    expect(users).toEqual([basic("own", "s"), basic("all", "s"), basic("filed", "s"), basic("filed", "s"), anonymous]);
  });

  it("is an identity token when its user is <token>, and none when it is empty", async () => {
    await using home = await loginFolder();
    await home.helper("token", `echo '{"ServerURL":"","Username":"<token>","Secret":"refresh"}'`);
    await home.helper("empty", `echo '{"ServerURL":"","Username":"","Secret":""}'`);
    await home.write(DOCKER, { credHelpers: { "a.test": "token", "b.test": "empty" } });
    expect(await dockerCredentials("a.test/x", home.environment)).toEqual({ kind: "identity-token", token: "refresh" });
    expect(await dockerCredentials("b.test/x", home.environment)).toEqual(anonymous);
  });

  it.each([
    ["is not there", undefined, "docker-credential-h, which stores the login for r.test, is not installed; install it"],
    [
      "fails",
      'echo "locked: Bearer c2VjcmV0c2VjcmV0" >&2; exit 1',
      'failed for r.test: locked: Bearer [removed]; run "echo r.test | docker-credential-h get" to see more',
    ],
    ["draws on the terminal", String.raw`printf '\033[31mred\n'; exit 1`, "failed for r.test: [31mred; run"],
    ["says no JSON", 'echo "secret words"', "docker-credential-h returned no login for r.test"],
    ["says too much", "yes secret", "docker-credential-h answered more than 1048576 bytes for r.test"],
  ])("is an error when the helper %s", async (_how, script, message) => {
    const said = await refusal(async (home) => {
      if (script !== undefined) await home.helper("h", script);
      await home.write(DOCKER, { credHelpers: { "r.test": "h" } });
      return await dockerCredentials("r.test/a", home.environment);
    });
    expect(said).toContain(message);
    expect(said).not.toContain("secret words");
  });

  it("is an error when the helper's name is a path", async () => {
    const said = await refusal(async (home) => {
      await home.write(DOCKER, { credsStore: "../../evil" });
      return await dockerCredentials("r.test/a", home.environment);
    });
    expect(said).toContain('"../../evil" is not a name of a credential helper');
  });

  it("is abandoned when its caller is aborted, and its helper is stopped", async () => {
    await using home = await loginFolder();
    await home.helper("hangs", "echo $$ >> started; exec sleep 600");
    await home.write(DOCKER, { credsStore: "hangs" });
    const stop = new AbortController();
    const asked = dockerCredentials("r.test/a", home.environment, stop.signal).catch((error: unknown) => error);
    while ((await home.noted("started")).length === 0) await new Promise((resolve) => setImmediate(resolve));
    const reason = new Error("interrupted");
    stop.abort(reason);
    expect(await asked).toBe(reason);
  });
});
