import type { NetworkPath } from "../../src/inspection/cost/paths.ts";
import type { RawPlacesOptions } from "./open-plan.ts";

/** Options of `freightliner plan` as commander gives them. */
export interface RawPlanOptions extends RawPlacesOptions {
  readonly repository: readonly string[];
  readonly all: boolean;
  readonly out?: string | undefined;
  readonly path: NetworkPath["name"];
  readonly parallel: number;
}
