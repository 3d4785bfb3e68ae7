import * as z from "zod";
import { isRepositoryName } from "../../oci/reference.ts";

/**
 * The event by which `freightliner doctor` asks a function what its role may do at the registries. Only the function itself can tell: its
 * role's credentials leave it for no one.
 */
export const AccessCheckCall = z.strictObject({
  check: z.literal("access"),
  /** A repository of the source to read, by a function that copies. */
  repository: z.string().refine(isRepositoryName, "is not a repository name").optional(),
});

export type AccessCheckCall = z.output<typeof AccessCheckCall>;

/** The outcome of one request. */
const AccessCheck = z.object({
  /** `source`, the name of a destination, or `account`. */
  place: z.string(),
  /** `run`: as many copies at once as the queues allow. `share`: a quota with the other destinations of a project. */
  action: z.enum(["list", "read", "write", "run", "share"]),
  /** What failed, and what to do; absent when the request succeeded. */
  problem: z.string().optional(),
  /** What only people know whether it is a problem. */
  note: z.string().optional(),
});
export type AccessCheck = z.infer<typeof AccessCheck>;

export const AccessReport = z.object({
  checks: z.array(AccessCheck),
  /** A repository that the rules select, as the source lists it. */
  repository: z.string().optional(),
});
export type AccessReport = z.infer<typeof AccessReport>;
