import { resourceName } from "../../src/contract/stack/names.ts";
import { readDeployed } from "../config/read-layers.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { ExitCode } from "../errors/exit-code.ts";
import { UsageError } from "../errors/usage-error.ts";
import { gcloudCommands } from "./gcloud.ts";
import { terraform } from "./terraform.ts";
import { federatedDestination, federatedSource } from "./federated-destination.ts";
import { parseStackName } from "../stack/stack-options.ts";

interface GivenSetup {
  readonly config: string;
  readonly stack: string;
  readonly format: "gcloud" | "terraform";
}

/** The functions, and the builds of the long lane, that connect to destinations. Their roles are named after them. */
const ROLES = ["copy", "probe", "reconcile"] as const;
const WITH_LONG_LANE = ["copy", "long-lane", "probe", "reconcile"] as const;
type TrustedName = (typeof WITH_LONG_LANE)[number] | "canary" | "inspect";

/** Runs `freightliner google-setup`: prints the setup that Google Cloud needs; changes nothing itself. */
export async function googleSetup(
  { config, stack, format }: GivenSetup,
  { out, notes, json }: Terminal,
): Promise<ExitCode> {
  const { configuration } = await readDeployed(config);
  const destinations = [
    federatedSource(configuration.source),
    ...configuration.destinations.map((destination) => federatedDestination(destination, configuration.rules)),
  ].filter((each) => each !== undefined);
  if (destinations.length === 0) {
    notes.lines(["neither the source nor a destination uses Workload Identity Federation; there is nothing to set up"]);
    return ExitCode.ok;
  }
  const pools = new Set(
    destinations.map(({ projectNumber, pool, provider }) => `${projectNumber}/${pool}/${provider}`),
  );
  if (pools.size > 1) {
    throw new UsageError(
      "source and destinations use several identity providers; write one configuration for each provider",
    );
  }
  const { account, region } = configuration.source;
  const roleOf = (name: TrustedName): string => resourceName("role", name, { stack: parseStackName(stack), region });
  const used: readonly TrustedName[] = [
    ...(configuration.longLane ? WITH_LONG_LANE : ROLES),
    ...(configuration.stack.canary === undefined ? [] : ["canary" as const]),
    ...(configuration.stack.jobs ? ["inspect" as const] : []),
  ];
  // The probe only writes, and canaries are pushed to Amazon ECR alone.
  const readers = used.filter((name) => name !== "probe" && name !== "canary").map(roleOf);
  const watchers = used.filter((name) => name === "canary" || name === "inspect").map(roleOf);
  const roles = { account, names: used.map(roleOf), deleter: roleOf("reconcile"), readers, watchers };
  const text = format === "gcloud" ? gcloudCommands(destinations, roles) : terraform(destinations, roles);
  if (json) out.json({ format, text });
  else out.lines(text.trimEnd().split("\n"));
  return ExitCode.ok;
}
