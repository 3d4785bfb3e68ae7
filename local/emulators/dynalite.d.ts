declare module "dynalite" {
  import type { Server } from "node:http";
  /** A DynamoDB emulator; `path` keeps tables on disk. */
  export default function dynalite(options?: { path?: string; createTableMs?: number }): Server;
}
