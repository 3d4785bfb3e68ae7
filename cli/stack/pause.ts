import { userInfo } from "node:os";
import { holdDestination, releaseDestination } from "../../src/wiring/operations/hold-destination.ts";
import type { HoldResult } from "../../src/wiring/operations/hold-destination.ts";
import { openOperations } from "../../src/wiring/operations/open-operations.ts";
import type { Operations } from "../../src/wiring/operations/open-operations.ts";
import { ExitCode } from "../errors/exit-code.ts";
import { UsageError } from "../errors/usage-error.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { parseStackOptions } from "./stack-options.ts";
import type { RawStackOptions } from "./stack-options.ts";

/** Runs `freightliner pause`: within a minute, no copy to the destination begins. */
export function pause(
  destination: string,
  given: RawStackOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  const lines = {
    done: `no copy to ${destination} begins from the next minute on; running copies end, and pushes wait in the queues`,
    already: `${destination} is paused already`,
  };
  const hold = (operations: Operations) => holdDestination(destination, userInfo().username, operations);
  return changed({ destination, lines, change: hold }, given, terminal, signal);
}

/** Runs `freightliner resume`: ends what `pause` began. */
export function resume(
  destination: string,
  given: RawStackOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  const lines = {
    done: `copies to ${destination} begin within a minute, a few at once at first`,
    already: `no one has paused ${destination}`,
  };
  const release = (operations: Operations) => releaseDestination(destination, operations);
  return changed({ destination, lines, change: release }, given, terminal, signal);
}

interface Change {
  readonly destination: string;
  readonly lines: Readonly<Record<HoldResult, string>>;
  readonly change: (operations: Operations) => Promise<HoldResult>;
}

async function changed(
  { destination, lines, change }: Change,
  given: RawStackOptions,
  { out, json }: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  const { stack, access } = parseStackOptions(given);
  await using operations = await openOperations(stack, access, signal);
  const { destinations } = operations.parts;
  if (!destinations.includes(destination))
    throw new UsageError(`there is no destination "${destination}"; there are ${destinations.join(", ")}`);
  const result = await change(operations);
  if (json) out.json({ destination, result });
  else out.lines([lines[result]]);
  return ExitCode.ok;
}
