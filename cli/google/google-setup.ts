import { readFile } from "node:fs/promises";
import { parseConfigurationFile } from "../../src/contract/configuration/configuration-file.ts";
import { ConfigurationError } from "../../src/contract/configuration/configuration.ts";
import { resourceName } from "../../src/contract/stack/names.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { ExitCode } from "../errors/exit-code.ts";
import { UsageError } from "../errors/usage-error.ts";
import { gcloudCommands } from "./gcloud.ts";
import { terraform } from "./terraform.ts";
import { federatedDestination } from "./federated-destination.ts";
import { parseStackName } from "../stack/stack-options.ts";

interface GivenSetup {
  readonly config: string;
  readonly stack: string;
  readonly format: "gcloud" | "terraform";
}

/** What talks to destinations: functions, and the builds of the long lane; their roles are named after them. */
const ROLES = ["copy", "probe", "reconcile"] as const;
const WITH_LONG_LANE = ["copy", "long-lane", "probe", "reconcile"] as const;

/** Carries out `freightliner google-setup`: prints what has to be done on Google's side, and does nothing itself. */
export async function googleSetup(
  { config, stack, format }: GivenSetup,
  { out, notes, json }: Terminal,
): Promise<ExitCode> {
  const { configuration } = await read(config);
  const places = configuration.destinations.map(federatedDestination).filter((place) => place !== undefined);
  if (places.length === 0) {
    notes.lines([
      "no destination in Artifact Registry has a federation with a workload identity pool; nothing is to be set up",
    ]);
    return ExitCode.ok;
  }
  const pools = new Set(places.map(({ projectNumber, pool, provider }) => `${projectNumber}/${pool}/${provider}`));
  if (pools.size > 1) throw new UsageError("destinations use several providers; set up one configuration for each");
  const { account, region } = configuration.source;
  const names = (configuration.longLane ? WITH_LONG_LANE : ROLES).map((name) =>
    resourceName("role", name, { stack: parseStackName(stack), region }),
  );
  const roles = { account, names };
  const text = format === "gcloud" ? gcloudCommands(places, roles) : terraform(places, roles);
  if (json) out.json({ format, text });
  else out.lines(text.trimEnd().split("\n"));
  return ExitCode.ok;
}

async function read(file: string) {
  const written = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new UsageError(`${file} cannot be read`, { cause });
  });
  try {
    return parseConfigurationFile(written);
  } catch (error) {
    if (error instanceof ConfigurationError)
      throw new UsageError(`${file} cannot be used; correct it`, { cause: error, details: error.problems });
    throw error;
  }
}
