import { PRICES } from "../src/contract/prices.ts";
import { estimate } from "./cost-model.ts";
import type { Workload } from "./cost-model.ts";
import type { Terminal } from "./terminal.ts";
import { ExitCode, UsageError } from "./exit-code.ts";
import { readOptions } from "./stack-options.ts";
import { createTable } from "./table.ts";

const OPTIONS = {
  images: { type: "string", default: "1000" },
  megabytes: { type: "string", default: "500" },
  overlap: { type: "string", default: "0.8" },
  blobs: { type: "string", default: "10" },
  destinations: { type: "string", default: "1" },
  json: { type: "boolean", default: false },
} as const;

/** Carries out `freightliner cost`. */
export function cost(args: readonly string[], { out }: Terminal): ExitCode {
  const values = readOptions(args, OPTIONS);
  const workload: Workload = {
    images: number("--images", values.images, 0, 1e9),
    megabytes: number("--megabytes", values.megabytes, 0, 1e6),
    overlap: number("--overlap", values.overlap, 0, 1),
    blobs: number("--blobs", values.blobs, 1, 1_000),
    destinations: number("--destinations", values.destinations, 1, 100),
  };
  const { items, total, perThousandImages, perTerabyte } = estimate(workload);
  if (values.json) {
    out.json({ workload, items, total, perThousandImages, perTerabyte });
    return ExitCode.ok;
  }
  const table = createTable(["a month of", "dollars", "because"]);
  for (const { name, dollars, because } of items) table.row([name, dollars.toFixed(2), because]);
  table.row([
    "in all",
    total.toFixed(2),
    `${perThousandImages.toFixed(2)} per 1,000 images, ${describe(perTerabyte)} per TB sent`,
  ]);
  out.lines([
    ...table.lines(),
    "",
    `Prices: us-east-1, ${PRICES.asOf}, without free tiers; docs/cost.md says what they are.`,
  ]);
  return ExitCode.ok;
}

function describe(perTerabyte: number | undefined): string {
  return perTerabyte === undefined ? "nothing" : perTerabyte.toFixed(2);
}

function number(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= least && value <= most) return value;
  throw new UsageError(`${name} takes a number from ${least} to ${most}, not ${JSON.stringify(text)}`);
}
