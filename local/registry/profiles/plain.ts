import { specificationProfile } from "./profile.ts";
import type { Profile } from "./profile.ts";
import { ErrorResponse } from "../protocol/error-response.ts";

/** The specification and nothing else: open to all, no cloud's own ways. */
export function createPlainProfile(): Profile {
  return {
    ...specificationProfile,
    unknownRepository: () => new ErrorResponse(404, "NAME_UNKNOWN", "repository name not known to registry"),
  };
}
