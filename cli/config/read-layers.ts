import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import * as z from "zod";
import { readDocumentFile, withTrustedRoots } from "../../src/contract/configuration/configuration-file.ts";
import { ConfigurationError } from "../../src/contract/configuration/configuration.ts";
import type { Layer } from "../../src/contract/layers/layer-configuration.ts";
import { FUNCTION_VARIABLES } from "../../src/contract/stack/environment.ts";
import { loadCandidate, loadDeployed } from "../../src/reload/candidate.ts";
import type { DeployedConfiguration } from "../../src/reload/candidate.ts";
import type { LayeredConfiguration } from "../../src/reload/layered.ts";
import { placedProblems, refusedPart } from "../../src/reload/refused-layers.ts";
import { environmentDocument, flagsDocument } from "../../src/reload/single-values.ts";
import { errorCode } from "../errors/error-code.ts";
import { UsageError } from "../errors/usage-error.ts";

export interface GivenLayers {
  readonly config: string;
  readonly external?: string | undefined;
  readonly set: readonly string[];
}

/** The configuration that files, flags and variables result in. @throws {UsageError} with each problem, its line and its column. */
export async function readLayers(
  { config, external, set }: GivenLayers,
  variables: NodeJS.ProcessEnv,
): Promise<LayeredConfiguration> {
  const deployed = await readDeployed(config, set, variables, "name it with --config, or check its permissions");
  return external === undefined ? deployed : readExternal(external, deployed);
}

/** @throws {UsageError} */
export async function readDeployed(
  file: string,
  set: readonly string[] = [],
  variables: NodeJS.ProcessEnv = {},
  advice?: string,
): Promise<DeployedConfiguration> {
  const text = await readText(file, advice);
  return explained(file, async () => {
    const read = readDocumentFile(text);
    const names = destinationNames(read.value);
    const document = withTrustedRoots(read, (name) => readFileSync(resolve(dirname(file), name), "utf8"));
    const layers: readonly Layer[] = [
      { name: "file", document },
      { name: "flags", document: flagsDocument(set, names) },
      { name: "environment", document: environmentDocument(variables, names, FUNCTION_VARIABLES) },
    ];
    try {
      return await loadDeployed(layers);
    } catch (error) {
      throw placedProblems(error, layers, names, read.positionOf);
    }
  });
}

/** @throws {UsageError} */
export async function readExternal(file: string, deployed: DeployedConfiguration): Promise<LayeredConfiguration> {
  const text = await readText(file);
  return explained(file, () => loadCandidate(text, deployed));
}

async function readText(file: string, advice = "check the name and its permissions"): Promise<string> {
  return readFile(file, "utf8").catch((cause: unknown) => {
    throw new UsageError(`${file} cannot be read (${errorCode(cause)}); ${advice}`, { cause });
  });
}

async function explained<T>(file: string, load: () => Promise<T>): Promise<T> {
  return load().catch((error: unknown) => {
    if (!(error instanceof ConfigurationError)) throw error;
    throw new UsageError(`${refusedPart(error.problems, file)} is not valid; correct it`, {
      cause: error,
      details: error.problems,
    });
  });
}

const WithNames = z.looseObject({ destinations: z.array(z.looseObject({ name: z.string() })) });

function destinationNames(document: unknown): string[] {
  return WithNames.safeParse(document).data?.destinations.map(({ name }) => name) ?? [];
}
