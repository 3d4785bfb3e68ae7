import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pushImage } from "../../local/images/push-image.ts";
import { DifferenceError, verifyImage } from "../../local/verify.ts";
import type { Descriptor } from "../../src/oci/descriptor.ts";
import { parseTag } from "../../src/oci/reference.ts";
import { RegistryError } from "../../src/oci/errors/registry-error.ts";
import { createConnections } from "../../src/registry/http/connections.ts";
import { createRegistrySource } from "../../src/registry/registry-source.ts";
import { temporaryFolder } from "../fixtures/processes/programs.ts";
import { testEndpoint } from "../fixtures/registry-client.ts";
import { smallImage } from "./images.ts";
import type { Odd, OddLogin } from "./odd.ts";
import { startOddRegistry } from "./odd-registry.ts";

/** The input of a copier. */
export interface CopyTask {
  /** `HOST/REPOSITORY:TAG`. */
  readonly source: string;
  readonly target: string;
  /** The hosts of both registries. */
  readonly hosts: readonly string[];
  /** Variables that name the Docker configuration of this copy. */
  readonly environment: Readonly<Record<string, string>>;
  /** A further host that the copy may follow redirects to. */
  readonly allowed: string | undefined;
  /** The platform to copy (`OS/ARCH`), or undefined for all. */
  readonly platform: string | undefined;
}

/** A program that copies images between registries. */
export interface Copier {
  readonly name: string;
  readonly copy: (task: CopyTask) => Promise<Ended>;
}

/** The end of a copy. */
export interface Ended {
  readonly code: number;
  /** Everything it printed. */
  readonly output: string;
}

/** What has arrived at the target. `image`: the image without its referrers. */
export type Arrived = "all" | "image" | "nothing";

export interface CopyResult extends Ended {
  readonly arrived: Arrived;
}

const signal = AbortSignal.timeout(600_000);
const REPOSITORY = "team/app";
const TAG = parseTag("v1");

/** Copies one image from or to an odd registry as a user does: with a Docker configuration, over plain HTTP. */
export async function runCopy(odd: Odd, copier: Copier): Promise<CopyResult> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await temporaryFolder());
  const pass = await startOddRegistry((asked, next) => next(asked));
  const odder = await startOddRegistry(odd.oddity());
  for (const registry of [pass, odder]) stack.use(registry);
  const [source, target] = odd.side === "source" ? [odder, pass] : [pass, odder];
  const image = odd.image?.() ?? smallImage();
  await pushImage(image, { registry: source.behind, repository: REPOSITORY, tag: TAG }, signal);
  await writeFile(join(folder.path, "config.json"), JSON.stringify(dockerConfiguration(odder.host, odd.login)));
  const task: CopyTask = {
    source: `${source.host}/${REPOSITORY}:${TAG}`,
    target: `${target.host}/${REPOSITORY}:${TAG}`,
    hosts: [source.host, target.host],
    environment: {
      DOCKER_CONFIG: folder.path,
      REGISTRY_AUTH_FILE: join(folder.path, "config.json"),
      HOME: folder.path,
    },
    allowed: odd.allows === "download" ? source.host.replace("127.0.0.1", "localhost") : undefined,
    platform: odd.platform?.name,
  };
  const wanted = odd.platform?.of(image) ?? image.root.descriptor;
  const ended = await copier.copy(task);
  return { ...ended, arrived: await whatArrived(source.behind, target.behind, wanted) };
}

function dockerConfiguration(host: string, login: OddLogin | undefined): object {
  switch (login?.kind) {
    case undefined:
      return { auths: {} };
    case "basic":
      return { auths: { [host]: { auth: btoa(`${login.username}:${login.password}`) } } };
    case "identity-token":
      return { auths: { [host]: { auth: btoa("<token>:"), identitytoken: login.token } } };
  }
}

/** Compares both ends behind the oddity, byte by byte, with and without referrers. */
async function whatArrived(from: string, to: string, wanted: Descriptor): Promise<Arrived> {
  await using connections = createConnections();
  const at = (host: string) => createRegistrySource(testEndpoint({ host, repository: REPOSITORY }, connections));
  const [source, target] = [at(from), at(to)];
  if ((await target.resolve(TAG, signal))?.digest !== wanted.digest) return "nothing";
  for (const referrers of [true, false]) {
    try {
      await verifyImage(wanted, { source, target, referrers }, signal);
      return referrers ? "all" : "image";
    } catch (error) {
      // Content that a client cannot read back has not arrived.
      if (!(error instanceof DifferenceError || error instanceof RegistryError)) throw error;
    }
  }
  return "nothing";
}
