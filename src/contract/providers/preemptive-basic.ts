import { isGoogle } from "./artifact-registry.ts";
import { accountAndRegion } from "./ecr.ts";

/**
 * True for hosts that take Basic without having asked for it: Amazon ECR's private ones (ECR user guide, "Private registry
 * authentication") and Google's (Artifact Registry, "Set up authentication for Docker").
 */
export function acceptsPreemptiveBasic(host: string): boolean {
  return accountAndRegion(host) !== undefined || isGoogle(host);
}
