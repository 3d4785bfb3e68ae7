import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { keyVariables } from "../../../local/access/access-key.ts";
import { createAccessKey } from "../../../local/access/access-key.ts";
import { LOCAL_ACCOUNT, LOCAL_REGION } from "../../../local/access/local-aws.ts";
import { imageOf, layer } from "../../../local/images/image-content.ts";
import type { ImageContent } from "../../../local/images/image-content.ts";
import type { RegistryEvent } from "../../../local/registry/protocol/registry-event.ts";
import { FEDERATION, startRegistries } from "../../../local/stack/registries.ts";
import type { Registries } from "../../../local/stack/registries.ts";
import { seedDirectory } from "../../fixtures/images/seed-directory.ts";
import { temporaryFolder } from "../../fixtures/processes/programs.ts";
import { runCommand } from "../../fixtures/processes/run-command.ts";
import { readPlanned } from "./planned.ts";

const AMD64 = { os: "linux", architecture: "amd64" };
const REPOSITORIES = ["team/app", "team/api", "team/web", "tools/lint", "tools/build"];
const TAGS = 100;
/** Tags that name the same image. */
const ALIASES = 10;
const NUMBERS: number = TAGS / ALIASES;
const base = layer("base", 30_000);

/** Every image has the base; those with the same number have a layer in common, whatever their repository. */
const imageNumber = (repository: string, number: number): ImageContent =>
  imageOf([base, layer(`shared-${number}`, 5_000), layer(`${repository}-${number}`, 700)], AMD64);

const seeded = REPOSITORIES.flatMap((repository) =>
  Array.from({ length: TAGS }, (_, index) => ({
    repository,
    tag: `v${index}`,
    image: imageNumber(repository, Math.floor(index / ALIASES)),
  })),
);

describe("a plan of 500 tags between an ECR and an Artifact Registry, with the user's own logins", () => {
  const parts = new AsyncDisposableStack();
  const seen = { source: new Array<RegistryEvent>(), target: new Array<RegistryEvent>() };
  let folder: string;
  let planFile: string;
  let totals: ReturnType<typeof readPlanned>["totals"];

  const freightliner = (...args: string[]) =>
    runCommand([...args, "--config", join(folder, "freightliner.json")], { DOCKER_CONFIG: folder });
  const requests = (side: keyof typeof seen) => seen[side].filter((event) => event.kind === "request");

  beforeAll(async () => {
    folder = parts.use(await temporaryFolder()).path;
    planFile = join(folder, "the.plan");
    await mkdir(join(folder, "source"));
    await seedDirectory(join(folder, "source"), seeded, Date.now() - 60_000);
    const key = createAccessKey();
    const registries = await startRegistries(
      {
        directory: folder,
        key,
        onSource: (event) => void seen.source.push(event),
        onTarget: (event) => void seen.target.push(event),
      },
      parts,
    );
    await writeFiles(folder, registries);
    const variables = { ...keyVariables(key), AWS_ENDPOINT_URL_ECR: registries.source.ecrEndpoint };
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
    parts.defer(() => void vi.unstubAllEnvs());
  }, 600_000);
  afterAll(() => parts.disposeAsync());

  it("sends only reads", async () => {
    const { code, stdout } = await freightliner("plan", "--json", "--out", planFile);
    expect([code, readPlanned(stdout)]).toMatchObject([
      2,
      { totals: { copies: 500, deletes: 0, mountBytes: 0 }, equal: { images: 0 } },
    ]);
    const methods = new Set([...requests("source"), ...requests("target")].map(({ method }) => method));
    expect([...methods].filter((method) => method !== "GET" && method !== "HEAD")).toEqual([]);
    ({ totals } = readPlanned(stdout));
  });

  it("is carried out exactly: the bytes are equal, each shared layer is sent once, and the requests are within 2 %", async () => {
    const again = await freightliner("plan", "--json");
    expect(readPlanned(again.stdout).totals).toEqual(totals);
    seen.source.length = 0;
    seen.target.length = 0;
    const { code, stderr } = await freightliner("apply", planFile);
    expect([code, stderr]).toEqual([0, expect.stringContaining("copied 500 images")]);
    const stored = seen.target.flatMap((event) => (event.kind === "blob-stored" ? [event.size] : []));
    expect(stored.reduce((sum, size) => sum + size, 0)).toBe(totals.bytes);
    // The base, a layer for each number, and each image's own layer and configuration.
    expect(stored).toHaveLength(1 + NUMBERS + REPOSITORIES.length * NUMBERS * 2);
    for (const side of ["source", "target"] as const) {
      const off = Math.abs(requests(side).length / totals.requests[side] - 1);
      expect([side, off <= 0.02 ? "within 2 %" : requests(side).length]).toEqual([side, "within 2 %"]);
    }
    const after = await freightliner("plan");
    expect([after.code, after.stdout]).toEqual([0, expect.stringContaining("0 to copy, 0 to delete, 500 equal")]);
  });
});

/** The configuration, and the logins of a user in Docker's file. */
async function writeFiles(folder: string, { source, target }: Registries): Promise<void> {
  const document = {
    version: 1,
    source: {
      account: LOCAL_ACCOUNT,
      region: LOCAL_REGION,
      registry: source.registry,
      plainHttp: true,
      blobHosts: [source.blobHost],
    },
    destinations: [
      {
        name: "gar",
        kind: "artifactRegistry",
        registry: target.registry,
        prefix: target.prefix,
        federation: FEDERATION,
        plainHttp: true,
        requestsPerSecond: 1_000,
      },
    ],
    rules: [{ repositories: ["**"], destinations: ["gar"] }],
  };
  await writeFile(join(folder, "freightliner.json"), JSON.stringify(document));
  const auth = ({ username, password }: Registries["source"] | Registries["target"]) => ({
    auth: Buffer.from(`${username}:${password}`).toString("base64"),
  });
  const auths = { [source.registry]: auth(source), [target.registry]: auth(target) };
  await writeFile(join(folder, "config.json"), JSON.stringify({ auths }));
}
