import type { Layer } from "./layer.ts";

/** The folders of `src/registry`, a part of the table in `layers.ts`. */
export const REGISTRY_ROOMS: NonNullable<Layer["rooms"]> = {
  ".": {
    holds: "a registry as source, target and listing",
    rooms: ["manifests", "blobs", "uploads", "listings", "client"],
  },
  manifests: {
    holds: "manifests and referrers, read and put",
    rooms: ["listings", "client", "http", "hosts"],
  },
  blobs: {
    holds: "downloads of blobs: resumed, in parallel ranges, verified",
    rooms: ["client", "errors", "http", "resilience"],
  },
  uploads: {
    holds: "uploads of blobs: mounted, whole or in parts",
    rooms: ["blobs", "client", "errors", "http", "resilience"],
  },
  listings: { holds: "tags and their pages", rooms: ["client", "errors", "http"] },
  client: {
    holds: "requests to one repository: login, retries, redirects",
    rooms: ["auth", "credentials", "resilience", "errors", "http", "hosts", "redaction"],
  },
  auth: { holds: "challenges and tokens", rooms: ["credentials"] },
  credentials: { holds: "logins, and for how long they are valid", rooms: [] },
  resilience: { holds: "retries, hedges, budgets and the limits that clients share", rooms: [] },
  errors: { holds: "responses and network failures as typed errors", rooms: ["http", "hosts", "redaction"] },
  http: {
    holds: "connections, responses, timeouts and the stall watchdog",
    rooms: ["sockets", "hosts", "redaction"],
  },
  sockets: { holds: "sockets that read into memory that is used again", rooms: [] },
  hosts: { holds: "which hosts and addresses may be reached, and through which proxy", rooms: [] },
  redaction: { holds: "removal of secrets from messages and logs", rooms: [] },
};
