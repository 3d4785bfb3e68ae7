import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { imageOf, layer, withReferrer } from "../../../local/images/image-content.ts";
import { pushImage } from "../../../local/images/push-image.ts";
import { parseConfiguration } from "../../../src/contract/configuration/configuration.ts";
import { parseRepositoryName } from "../../../src/oci/reference.ts";
import { createConnections } from "../../../src/registry/http/connections.ts";
import { createRegistryTarget } from "../../../src/registry/registry-target.ts";
import { concurrently } from "../../../src/async/run-concurrently.ts";
import { startDockerRegistry } from "../../fixtures/real/docker-registry.ts";
import { testEndpoint, testSource } from "../../fixtures/registry-client.ts";
import { scriptedServer } from "../../fixtures/servers/scripted-server.ts";
import { carryOut } from "./content-fault.ts";
import { DOCUMENT_FAULTS } from "./document-faults.ts";
import { MOMENT_FAULTS } from "./moment-faults.ts";
import { seeded } from "../../fixtures/seeded.ts";

const SEEDS = 20;
const never = new AbortController().signal;
const seen: string[] = [];

/** Runs every seed. @returns the problems by seed. */
async function everySeed(run: (random: () => number, seed: number) => Promise<unknown>): Promise<unknown[]> {
  const wrong: unknown[] = [];
  const runSeed = async (seed: number): Promise<void> => {
    const problem = await run(seeded(seed), seed);
    if (problem !== undefined) wrong.push({ seed, problem });
  };
  const seeds = Array.from({ length: SEEDS }, (_, seed) => seed);
  await concurrently(seeds, 5, runSeed, never);
  return wrong;
}

describe.each([...MOMENT_FAULTS, ...DOCUMENT_FAULTS].map((fault) => ({ fault, ...fault })))(
  "$id: $what",
  ({ fault, id, what, ends }) => {
    it(`ends ${ends} with ${SEEDS} seeds, and publishes nothing wrong`, async () => {
      const wrong = await everySeed(async (random) => {
        const { ended, wrong: problem } = await carryOut(fault, random);
        return ends.split(" or ").includes(ended) ? problem : `ended ${ended}`;
      });
      expect(wrong).toEqual([]);
      seen.push(`| ${id} | ${what} | ${ends} | 0 |`);
    });
  },
);

describe("R22: concurrent writers of one referrers tag", () => {
  it(`ends replicated with ${SEEDS} seeds, and no referrer is lost`, async () => {
    await using registry = await startDockerRegistry();
    await using connections = createConnections();
    const image = imageOf([layer("crowd", 500)], { os: "linux", architecture: "amd64" });
    let content = image;
    for (let index = 0; index < 3; index++)
      content = withReferrer(content, "application/x-signature", Buffer.of(index));
    const attached = content.manifests.slice(image.manifests.length);
    const wrong = await everySeed(async (random, seed) => {
      const place = { host: registry.host, repository: `crowd-${seed}` };
      await pushImage(content, { registry: place.host, repository: place.repository }, never);
      const put = async ({ descriptor, bytes }: (typeof attached)[number]): Promise<void> => {
        const target = createRegistryTarget({ ...testEndpoint({ ...place, side: "target" }, connections), random });
        await target.putManifest({ ...descriptor, bytes }, descriptor.digest, never);
      };
      await Promise.all(attached.map(put));
      const listed = await testSource(place, connections).listReferrers(image.root.descriptor.digest, never);
      return listed.length === attached.length ? undefined : `${listed.length} of ${attached.length} are listed`;
    });
    expect(wrong).toEqual([]);
    seen.push("| R22 | concurrent writers of one referrers tag | replicated | 0 |");
  });
});

describe("R25: a mount is not granted", () => {
  it(`ends replicated with ${SEEDS} seeds, by an upload`, async () => {
    await using connections = createConnections();
    const [blob] = imageOf([layer("mount", 5_000)], { os: "linux", architecture: "amd64" }).blobs;
    const wrong = await everySeed(async (random) => {
      const status = [202, 401, 403, 404, 405][Math.floor(random() * 5)] ?? 202;
      await using server = await scriptedServer(({ method, url }, response) => {
        if (method === "PUT") return void response.writeHead(201).end();
        const isMount = url.includes("mount=");
        response.writeHead(isMount ? status : 202, { location: "/upload" }).end();
      });
      const endpoint = testEndpoint({ host: server.host, repository: "a", side: "target" }, connections);
      if (blob === undefined) return "no blob to mount";
      async function* bytes(): AsyncGenerator<Uint8Array> {
        for (const chunk of blob?.read() ?? []) yield await Promise.resolve(chunk);
      }
      const open = async () => ({ [Symbol.asyncIterator]: bytes, [Symbol.asyncDispose]: () => Promise.resolve() });
      const mountFrom = parseRepositoryName("b");
      const { kind } = await createRegistryTarget(endpoint).pushBlob(blob.descriptor, { open, mountFrom }, never);
      return kind === "uploaded" ? undefined : kind;
    });
    expect(wrong).toEqual([]);
    seen.push("| R25 | a mount is answered with 202, 401, 403, 404 or 405 | replicated | 0 |");
  });
});

describe("R28: two sources have the same name at the target", () => {
  it(`is rejected with ${SEEDS} seeds, before anything runs`, async () => {
    const wrong = await everySeed(async (random) => {
      const [name, other] = [`a${Math.floor(random() * 1e6)}`, `b${Math.floor(random() * 1e6)}`];
      const destination = { name: "gar", kind: "generic", registry: "gar.test", prefix: "p/r" };
      const document = {
        version: 1,
        source: { account: "123456789012", region: "eu-west-1" },
        destinations: [destination],
        rules: [
          { repositories: [name], destinations: ["gar"] },
          { repositories: [other], destinations: ["gar"], as: name },
        ],
      };
      await Promise.resolve();
      try {
        parseConfiguration(document);
        return "accepted";
      } catch (error) {
        return error instanceof Error && error.message.includes(name) ? undefined : error;
      }
    });
    expect(wrong).toEqual([]);
    seen.push("| R28 | two sources have the same name at the target | refused | 0 |");
  });
});

describe("docs/understand/faults-content-seen.md", () => {
  it("says what was seen", async () => {
    const rows = seen.toSorted((a, b) => a.localeCompare(b, "en"));
    const text = [
      "# Faults of content, and what was seen",
      "",
      `Written by \`test/faults/content/content-faults.test.ts\`: each row is ${SEEDS} copies; a seed decides the images, registries and moments.`,
      "After each copy everything under every tag of the target was checked: it is complete, and every byte matches its digest.",
      "Faults of connections and servers are in [faults-seen.md](faults-seen.md).",
      "",
      "| fault | what happens | ended | wrong or lost |",
      "|---|---|---|---|",
      ...rows,
      "",
    ].join("\n");
    await expect(text).toMatchFileSnapshot("../../../docs/understand/faults-content-seen.md");
  });

  it("and faults-seen.md together have every row of the catalogue: N01 to N44 and R01 to R28", async () => {
    const tables = await Promise.all(
      ["docs/understand/faults-seen.md", "docs/understand/faults-content-seen.md"].map((path) =>
        readFile(path, "utf8"),
      ),
    );
    const ids = new Set([...tables.join("\n").matchAll(/^\| ([NR]\d\d) \|/gm)].map(([, id]) => id));
    const ids44 = Array.from({ length: 44 }, (_, index) => `N${String(index + 1).padStart(2, "0")}`);
    const ids28 = Array.from({ length: 28 }, (_, index) => `R${String(index + 1).padStart(2, "0")}`);
    expect([...ids44, ...ids28].filter((id) => !ids.has(id))).toEqual([]);
  });
});
