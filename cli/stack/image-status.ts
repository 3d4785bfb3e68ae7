import { isDigest } from "../../src/oci/digest.ts";
import { isRepositoryName, isTag } from "../../src/oci/reference.ts";
import * as z from "zod";
import { ImageStatus } from "../../src/api/schemas/image-status.ts";
import type { SourceImage } from "../../src/wiring/operations/read-image-status.ts";
import { read } from "../api/stack-api.ts";
import type { StackApi } from "../api/stack-api.ts";
import { ExitCode } from "../errors/exit-code.ts";
import { UsageError } from "../errors/usage-error.ts";
import { formatDuration } from "../terminal/format.ts";
import { createTable } from "../terminal/table.ts";
import type { Terminal } from "../terminal/terminal.ts";

/** Prints the status of one image of the source at each destination. */
export async function showImage(name: string, api: StackApi, { out, json }: Terminal): Promise<ExitCode> {
  const { repository, reference } = parseSourceImage(name);
  const found = await read(api, { path: "/api/image", query: { repository, reference } }, z.array(ImageStatus));
  if (json) out.json(found);
  else out.lines(describeImage(found, Date.now()));
  return found.every(({ state }) => state === "NOT_TRACKED") ? ExitCode.notFound : ExitCode.ok;
}

/** `repository:tag` or `repository@digest` at the source; a registry before it is left out. @throws {UsageError} */
export function parseSourceImage(name: string): SourceImage {
  const at = name.lastIndexOf("@");
  const split = at === -1 ? name.lastIndexOf(":") : at;
  const [first = "", ...rest] = name.slice(0, Math.max(split, 0)).split("/");
  const repository = /[.:]/.test(first) && rest.length > 0 ? rest.join("/") : [first, ...rest].join("/");
  const reference = name.slice(split + 1);
  if (isRepositoryName(repository) && (isTag(reference) || isDigest(reference))) return { repository, reference };
  throw new UsageError(`"${name}" is not repository:tag or repository@digest, as the source has it`);
}

function describeImage(found: readonly ImageStatus[], now: number): string[] {
  const table = createTable(["destination", "status", "details"]);
  for (const status of found) table.row([status.destination, stateInWords(status), describeDetails(status, now)]);
  return table.lines();
}

/** `NOT_TRACKED` is one state for programs. People also read whether something was decided about the image, and what. */
export function stateInWords({ state, reason = "" }: Pick<ImageStatus, "state" | "reason">): string {
  if (state !== "NOT_TRACKED") return state;
  if (reason === "skipped: cancelled") return "CANCELLED";
  return /^(?:quarantined|skipped)(?=: )/.exec(reason)?.[0].toUpperCase() ?? state;
}

function describeDetails({ state, reason, digest, replicatedAt = 0, pendingMs }: ImageStatus, now: number): string {
  const waits = pendingMs === undefined ? [] : [`pushed ${formatDuration(pendingMs)} ago`];
  const last = reason === undefined || state === "REPLICATED" ? [] : [`last: ${reason}`];
  const has = digest === undefined ? [] : [`has ${digest}, confirmed ${formatDuration(now - replicatedAt)} ago`];
  const nothing = state === "NOT_TRACKED" && reason === undefined ? ["no record: no push of it was accepted"] : [];
  return [...waits, ...last, ...has, ...nothing].join("; ");
}
