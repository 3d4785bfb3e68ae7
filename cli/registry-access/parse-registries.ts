import { dirname, resolve } from "node:path";
import { isNode, LineCounter, parseDocument } from "yaml";
import type { Document } from "yaml";
import * as z from "zod";
import { fieldPath } from "../../src/oci/json/field-path.ts";
import { HostPatterns } from "../../src/contract/providers/provider.ts";
import { printable } from "../../src/oci/errors/printable.ts";
import { isRegistryHost } from "../../src/oci/reference.ts";
import { UsageError } from "../errors/usage-error.ts";
import { registryKey } from "./registry-key.ts";

const Settings = z.strictObject({
  /** Plain HTTP instead of HTTPS. */
  plainHttp: z.boolean().optional(),
  /** Additional certificates to trust, PEM; relative to the folder of this file. */
  caFile: z.string().min(1).optional(),
  /** Hosts that the registry may redirect to; `*` matches within one label. */
  allowHosts: HostPatterns.optional(),
  /** Maximum number of requests per second of one command. */
  requestsPerSecond: z.number().positive().max(10_000).optional(),
});
/** The settings of one registry. */
export type RegistryEntry = z.infer<typeof Settings>;

const RegistriesDocument = z.strictObject({
  registries: z.record(z.string().refine(isRegistryHost, "is not host or host:port"), Settings),
});

const FILE_MAX_BYTES = 262_144;

/** Parses a file of registry settings. @throws {UsageError} naming every line that is wrong. */
export function parseRegistries(path: string, text: string): ReadonlyMap<string, RegistryEntry> {
  if (Buffer.byteLength(text) > FILE_MAX_BYTES) throw new UsageError(`${path} has more than ${FILE_MAX_BYTES} bytes`);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const broken = document.errors.map(
    ({ pos: [start], message }) => `line ${lines.linePos(start).line}: ${firstLine(message)}`,
  );
  if (broken.length > 0) throw new UsageError(`${path}: ${printable(broken.join("; "))}`);
  const parsed = RegistriesDocument.safeParse(document.toJS() ?? { registries: {} });
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => {
      const field = fieldPath(issue.path) || "the document";
      const problem = issue.code === "invalid_key" ? (issue.issues[0]?.message ?? issue.message) : issue.message;
      return `line ${lineOf(document, issue.path, lines)}: ${field}: ${problem}`;
    });
    throw new UsageError(`${path}: ${printable(problems.join("; "))}`);
  }
  const entries = Object.entries(parsed.data.registries).map(([registry, entry]) => {
    const { caFile } = entry;
    return [
      registryKey(registry),
      caFile === undefined ? entry : { ...entry, caFile: resolve(dirname(path), caFile) },
    ] as const;
  });
  return new Map(entries);
}

/** The line of a field; for a missing field, the line of its parent. */
function lineOf(document: Document, path: readonly PropertyKey[], lines: LineCounter): number {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}

function firstLine(text: string): string {
  return text.split("\n")[0]?.replace(/ at line \d+, column \d+:?$/, "") ?? "";
}
