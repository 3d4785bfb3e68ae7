import { PRICES } from "../../src/contract/stack/prices.ts";
import { ExitCode } from "../errors/exit-code.ts";
import type { RawPlacesOptions } from "../plan/open-plan.ts";
import { counted } from "../terminal/format.ts";
import { createTable } from "../terminal/table.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { estimate, sentBytes } from "../../src/inspection/cost/cost-model.ts";
import type { Workload } from "../../src/inspection/cost/cost-model.ts";
import type { Measured } from "./measured-workload.ts";
import { comparePaths } from "../../src/inspection/cost/paths.ts";
import type { NetworkPath } from "../../src/inspection/cost/paths.ts";

export interface RawCostOptions extends RawPlacesOptions, Workload {
  readonly path: NetworkPath["name"];
}

/** The region of the prices; a configuration names its own. */
const REGION = "us-east-1";

/** Runs `freightliner cost`: prints the estimated monthly cost by item, of numbers or of what a configuration's source has. */
export async function cost(given: RawCostOptions, terminal: Terminal, signal: AbortSignal): Promise<ExitCode> {
  const { images, megabytes, overlap, blobs, destinations, path } = given;
  const measured = await measuredBy(given, terminal, signal);
  const workload = { images, megabytes, overlap, blobs, destinations, path, ...measured };
  const { items, total, perThousandImages, perTerabyte } = estimate(workload);
  const paths = comparePaths(sentBytes(workload), measured?.region ?? REGION, path);
  const { out, json } = terminal;
  if (json) {
    const ways = paths.map(({ path: { name, monthly, source }, dollars }) => ({
      path: name,
      dollars: dollars + monthly,
      source,
    }));
    out.json({ workload, items, total, perThousandImages, perTerabyte, paths: ways });
    return ExitCode.ok;
  }
  const table = createTable(["item", "dollars/month", "reason"]);
  for (const { name, dollars, because } of items) table.row([name, dollars.toFixed(2), because]);
  const each = `${perThousandImages.toFixed(2)} per 1,000 images, ${describe(perTerabyte)} per TB sent`;
  table.row(["total", total.toFixed(2), each]);
  out.lines([
    ...describeMeasured(measured),
    ...table.lines(),
    "",
    ...describePaths(paths),
    `Prices: us-east-1, ${PRICES.asOf}, without free tiers except Interconnect's; see docs/operate/cost.md.`,
  ]);
  return ExitCode.ok;
}

async function measuredBy(
  given: RawCostOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Measured | undefined> {
  if (given.config === undefined && given.local === undefined) return undefined;
  const { measureWorkload } = await import("./measured-workload.ts");
  return measureWorkload(given, terminal, signal);
}

function describeMeasured(measured: Measured | undefined): string[] {
  if (measured === undefined) return [];
  const { images, megabytes, destinations } = measured;
  const each = `${Math.round(images).toLocaleString("en")} images of ${megabytes.toFixed(1)} MB for each of ${counted(destinations, "destination")}`;
  return [`the source got, in the last 30 days, ${each}`, ""];
}

function describePaths(paths: ReturnType<typeof comparePaths>): string[] {
  return paths.map(({ path: { title, source, monthly, bytesPerSecond }, dollars }) => {
    const limit = bytesPerSecond === undefined ? "" : `, at most ${(bytesPerSecond * 8) / 1e6} Mbit/s`;
    return `egress by ${title}: ${(dollars + monthly).toFixed(2)}${limit} (${source})`;
  });
}

function describe(perTerabyte: number | undefined): string {
  return perTerabyte === undefined ? "nothing" : perTerabyte.toFixed(2);
}
