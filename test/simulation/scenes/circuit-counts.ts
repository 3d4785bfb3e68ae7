import type { Stage } from "./stage.ts";

export interface CircuitCounts {
  readonly state: string;
  readonly failures: number;
  readonly slow: number;
}

/** What the circuit record of Artifact Registry has counted. */
export function circuitCounts({ cloud }: Stage): CircuitCounts {
  const record = cloud.circuits.get("gar")?.record;
  const text = JSON.stringify(record ?? {});
  const count = (field: string): number =>
    [...text.matchAll(new RegExp(`"${field}":(\\d+)`, "g"))].reduce((sum, [, found]) => sum + Number(found), 0);
  return { state: record?.state ?? "closed", failures: count("failures"), slow: count("slow") };
}
