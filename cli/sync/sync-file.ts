import { readFile } from "node:fs/promises";
import * as z from "zod";
import { didYouMean } from "../../src/contract/configuration/did-you-mean.ts";
import { fieldPath } from "../../src/oci/json/field-path.ts";
import { parseYaml } from "../../src/contract/configuration/yaml-document.ts";
import type { YamlDocument } from "../../src/contract/configuration/yaml-document.ts";
import { errorCode } from "../errors/error-code.ts";
import { UsageError } from "../errors/usage-error.ts";

/** One entry of a list: an image, or the tags of a repository that match its patterns. */
const SyncEntry = z.strictObject({
  source: z.string().min(1),
  target: z.string().min(1),
  /** Globs; a tag must match one of them. */
  tags: z.array(z.string().min(1)).min(1).optional(),
  /** Regular expressions that match whole tags: those to copy, and of these the ones to exclude. */
  allow: z.array(z.string().min(1)).min(1).optional(),
  deny: z.array(z.string().min(1)).min(1).optional(),
});
export type SyncEntry = z.infer<typeof SyncEntry>;

/** The file of `freightliner sync FILE`. */
export const SyncList = z.strictObject({ version: z.literal(1), sync: z.array(SyncEntry).min(1) });
export type SyncList = z.infer<typeof SyncList>;

/** Reads a YAML or JSON file and validates it. @throws {UsageError} with every problem and its line and column. */
export async function readWrittenFile<T>(path: string, schema: z.ZodType<T>, command = "sync"): Promise<T> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw new UsageError(`${path} cannot be read (${errorCode(error)}); check the name and its permissions`, {
      command,
    });
  });
  const document = parseYaml(text);
  if (document.problems.length > 0) {
    throw wrong(
      path,
      document.problems.map(({ line, column, text: problem }) => `line ${line}, column ${column}: ${problem}`),
    );
  }
  const result = schema.safeParse(document.value);
  if (result.success) return result.data;
  throw wrong(
    path,
    result.error.issues.flatMap((issue) => describe(issue, document)),
  );
}

function describe(issue: z.core.$ZodIssue, { positionOf }: YamlDocument): string[] {
  const field = fieldPath(issue.path);
  if (issue.code !== "unrecognized_keys") {
    return [`${positionOf(field)}: ${field || "the document"}: ${issue.message}`];
  }
  const known = field === "" ? Object.keys(SyncList.shape) : Object.keys(SyncEntry.shape);
  return issue.keys.map((key) => {
    const meant = didYouMean(key, known);
    const hint = meant === undefined ? `known fields: ${known.join(", ")}` : `did you mean ${meant}?`;
    return `${positionOf(field === "" ? key : `${field}.${key}`)}: unknown field ${JSON.stringify(key)}; ${hint}`;
  });
}

function wrong(path: string, problems: readonly string[]): UsageError {
  return new UsageError(`${path} is not valid; correct it`, { command: "sync", details: problems });
}

/** Another tool's list, converted to ours. */
export interface Converted {
  readonly list: SyncList;
  /** What our format cannot express, each with advice. */
  readonly lost: readonly string[];
}
