import { localStackAccess } from "../../src/wiring/operations/local-stack-access.ts";
import type { CloudAccess } from "../../src/wiring/operations/open-operations.ts";
import { isStackName } from "../../src/contract/stack/names.ts";
import type { CommonOptions } from "../terminal/terminal.ts";
import { UsageError } from "../errors/usage-error.ts";

/** Which stack, and how to reach it. */
export interface StackOptions {
  readonly stack: string;
  readonly access: CloudAccess;
}

/** The stack options as commander gives them. */
export interface RawStackOptions extends CommonOptions {
  readonly stack: string;
  readonly local?: string | undefined;
}

/** Checks a stack name by CloudFormation's rule. @throws {UsageError} */
export function parseStackName(name: string): string {
  if (!isStackName(name))
    throw new UsageError("--stack takes the name of a stack: a letter, then letters, digits and hyphens");
  return name;
}

/** @throws {UsageError} */
export function parseStackOptions({ stack: name, local }: Pick<RawStackOptions, "stack" | "local">): StackOptions {
  const stack = parseStackName(name);
  if (local === undefined) return { stack, access: {} };
  const access = localStackAccess(local);
  if (access === undefined) {
    throw new UsageError("--local takes the address that npm start prints, with its key: http://KEY@127.0.0.1:PORT");
  }
  return { stack, access };
}
