import type { Plan } from "../../src/api/inspections/plan.ts";
import type { UnderWay } from "../../src/api/inspections/inspection.ts";
import type { Verification } from "../../src/api/inspections/verification.ts";
import { ApiFailure, get } from "./api.ts";
import type { Job } from "./jobs.ts";

export type PlannedDestination = NonNullable<Plan["finished"]>["destinations"][number];
export type VerifiedDestination = NonNullable<Verification["finished"]>["destinations"][number];

/** What both kinds of inspection say about themselves. */
export type Finished = NonNullable<Plan["finished"]> | NonNullable<Verification["finished"]>;

/** The newest plan and the newest verification, with the jobs that make them. `off`: the stack has no jobs, and why. */
export type Inspections =
  | { readonly kind: "off"; readonly why: string }
  | {
      readonly kind: "on";
      readonly plan: Plan;
      readonly verification: Verification;
      readonly jobs: readonly Job[];
    };

const NOT_FOUND = 404;

/** Reads both, and the jobs. @throws {ApiFailure} */
export async function readInspections(path: string, signal: AbortSignal): Promise<Inspections> {
  try {
    const listed = await get<readonly { readonly job: Job }[]>(path, signal);
    const plan = await get<Plan>("api/plan", signal);
    const verification = await get<Verification>("api/verification", signal);
    return { kind: "on", plan, verification, jobs: listed.map(({ job }) => job) };
  } catch (error) {
    if (error instanceof ApiFailure && error.status === NOT_FOUND) return { kind: "off", why: error.message };
    throw error;
  }
}

/** `12 of 40 repositories`; how many there are is not known at the beginning. */
export function describeProgress({ repositories: { done, total } }: UnderWay): string {
  return total === undefined ? `${done} repositories done` : `${done} of ${total} repositories done`;
}

/** What a change does to the destination. */
const CHANGES: Readonly<Record<PlannedDestination["changes"][number]["how"], string>> = {
  put: "copied",
  overwrite: "copied over another image",
  merge: "merged with another index",
  rename: "copied under another tag",
  keep: "copied without its tag, which is another image's",
  delete: "deleted",
};

export const describeChange = (how: PlannedDestination["changes"][number]["how"]): string => CHANGES[how];
