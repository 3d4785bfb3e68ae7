import * as z from "zod";
import { Destination } from "../../src/api/schemas/status.ts";
import { openStackApi } from "../api/open-stack-api.ts";
import type { RawApiOptions } from "../api/open-stack-api.ts";
import { change, isConflict, read } from "../api/stack-api.ts";
import type { StackApi } from "../api/stack-api.ts";
import { ExitCode } from "../errors/exit-code.ts";
import { NotFoundError } from "../errors/not-found-error.ts";
import { UsageError } from "../errors/usage-error.ts";
import type { Terminal } from "../terminal/terminal.ts";

/** Runs `freightliner pause`: within a minute, no copy to the destination begins. */
export function pause(
  destination: string,
  given: RawApiOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  const lines = {
    done: `no copy to ${destination} begins from the next minute on; running copies end, and pushes wait in the queues`,
    already: `${destination} is paused already`,
  };
  return changed({ destination, verb: "pause", lines }, given, terminal, signal);
}

/** Runs `freightliner resume`: ends what `pause` began. */
export function resume(
  destination: string,
  given: RawApiOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  const lines = {
    done: `copies to ${destination} begin within a minute, a few at once at first`,
    already: `no one has paused ${destination}`,
  };
  return changed({ destination, verb: "resume", lines }, given, terminal, signal);
}

interface Change {
  readonly destination: string;
  readonly verb: "pause" | "resume";
  readonly lines: Readonly<Record<"done" | "already", string>>;
}

async function changed(
  { destination, verb, lines }: Change,
  given: RawApiOptions,
  { out, json }: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  await using api = await openStackApi(given, signal);
  const result = await ask(api, destination, verb);
  if (json) out.json({ destination, result });
  else out.lines([lines[result]]);
  return ExitCode.ok;
}

async function ask(api: StackApi, destination: string, verb: Change["verb"]): Promise<"done" | "already"> {
  const path = `/api/destinations/${encodeURIComponent(destination)}/${verb}`;
  try {
    await change(api, { method: "POST", path }, z.object({ destination: z.string() }));
    return "done";
  } catch (error) {
    if (isConflict(error)) return "already";
    if (!(error instanceof NotFoundError)) throw error;
    const names = (await read(api, { path: "/api/destinations" }, z.array(Destination))).map(({ name }) => name);
    throw new UsageError(`there is no destination "${destination}"; there are ${names.join(", ")}`, { cause: error });
  }
}
