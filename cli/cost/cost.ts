import { PRICES } from "../../src/contract/stack/prices.ts";
import { estimate } from "./cost-model.ts";
import type { Workload } from "./cost-model.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { ExitCode } from "../errors/exit-code.ts";
import { createTable } from "../terminal/table.ts";

/** Runs `freightliner cost`: prints the estimated monthly cost by item. */
export function cost({ images, megabytes, overlap, blobs, destinations }: Workload, { out, json }: Terminal): ExitCode {
  const workload: Workload = { images, megabytes, overlap, blobs, destinations };
  const { items, total, perThousandImages, perTerabyte } = estimate(workload);
  if (json) {
    out.json({ workload, items, total, perThousandImages, perTerabyte });
    return ExitCode.ok;
  }
  const table = createTable(["item", "dollars/month", "reason"]);
  for (const { name, dollars, because } of items) table.row([name, dollars.toFixed(2), because]);
  table.row([
    "total",
    total.toFixed(2),
    `${perThousandImages.toFixed(2)} per 1,000 images, ${describe(perTerabyte)} per TB sent`,
  ]);
  out.lines([...table.lines(), "", `Prices: us-east-1, ${PRICES.asOf}, without free tiers; see docs/operate/cost.md.`]);
  return ExitCode.ok;
}

function describe(perTerabyte: number | undefined): string {
  return perTerabyte === undefined ? "nothing" : perTerabyte.toFixed(2);
}
