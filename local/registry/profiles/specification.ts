import { ErrorResponse } from "../protocol/error-response.ts";
import type { Profile } from "./profile.ts";

/** The registry of the distribution-spec, with anonymous access to everything. */
export const specificationProfile: Profile = {
  access: {
    authorize: () => undefined,
    refuseName: () => undefined,
    createsRepositories: true,
    unknownRepository: () => new ErrorResponse(404, "NAME_UNKNOWN", "repository name not known to registry"),
  },
  blobs: { scope: (repository) => repository, redirect: () => undefined },
  uploads: {
    location: (repository, id) => `/v2/${repository}/blobs/uploads/${id}`,
    extraPaths: [],
    mounts: true,
    maxPatches: Number.POSITIVE_INFINITY,
    storesParts: true,
    hasSessionRequests: true,
    requiresLength: false,
    endsBrokenUploads: false,
  },
  manifests: { immutableTags: false, converts: false },
  listings: { maxPage: 10_000, maxTotal: Number.MAX_SAFE_INTEGER, includesManifests: false },
};
