import { isGoogle } from "./artifact-registry.ts";
import { accountAndRegion } from "./ecr.ts";

/**
 * True for hosts that accept Basic credentials without a challenge: Amazon ECR's private registries (ECR user guide, "Private registry
 * authentication") and Google's (Artifact Registry, "Set up authentication for Docker").
 */
export function acceptsPreemptiveBasic(host: string): boolean {
  return accountAndRegion(host) !== undefined || isGoogle(host);
}
