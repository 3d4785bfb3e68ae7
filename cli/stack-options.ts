import { parseArgs } from "node:util";
import type { ParseArgsOptionsConfig } from "node:util";
import { LOCAL_AWS } from "../local/emulators/local-aws.ts";
import type { CloudAccess } from "../src/wiring/open-operations.ts";
import { isStackName } from "../src/contract/names.ts";
import { UsageError } from "./exit-code.ts";

/** Which stack, and how to reach it. */
export interface StackOptions {
  readonly stack: string;
  readonly access: CloudAccess;
}

const DEFAULT_STACK = "freightliner";

/** Options of every command that looks into a stack. */
export const STACK_OPTIONS = {
  stack: { type: "string" },
  local: { type: "string" },
  json: { type: "boolean", default: false },
} as const satisfies ParseArgsOptionsConfig;

/** Checks a name as CloudFormation does. @throws {UsageError} */
export function readStackName(name: string): string {
  if (!isStackName(name))
    throw new UsageError("--stack takes the name of a stack: a letter, then letters, digits and hyphens");
  return name;
}

export function readStack(values: {
  readonly stack?: string | undefined;
  readonly local?: string | undefined;
}): StackOptions {
  const { local } = values;
  const stack = readStackName(values.stack ?? DEFAULT_STACK);
  if (local === undefined) return { stack, access: {} };
  if (!/^http:\/\/127\.0\.0\.1:\d+$/.test(local)) {
    throw new UsageError("--local takes the address that npm start shows: http://127.0.0.1:PORT");
  }
  return { stack, access: { ...LOCAL_AWS, endpoint: local } };
}

/** Reads options. @throws {UsageError} */
export function readOptions<T extends ParseArgsOptionsConfig>(args: readonly string[], options: T) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: false }).values;
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : "wrong options", { cause });
  }
}
