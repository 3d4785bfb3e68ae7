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

/** What is paused: a destination, or a repository of the source. */
interface PauseOptions extends RawApiOptions {
  readonly destination?: string | undefined;
  readonly repository?: string | undefined;
}

type Paused = { readonly destination: string } | { readonly repository: string };

/** Runs `freightliner pause`: within a minute, no copy to the destination or of the repository begins. */
export function pause(given: PauseOptions, terminal: Terminal, signal: AbortSignal): Promise<ExitCode> {
  const what = pausedOf(given);
  const lines =
    "repository" in what
      ? {
          done: `no copy of ${what.repository} begins any more, at any destination; running copies end, and its pushes stay pending`,
          already: `${what.repository} is paused already`,
        }
      : {
          done: `no copy to ${what.destination} begins from the next minute on; running copies end, and pushes wait in the queues`,
          already: `${what.destination} is paused already`,
        };
  return changed({ what, verb: "pause", lines }, given, terminal, signal);
}

/** Runs `freightliner resume`: ends what `pause` began. */
export function resume(given: PauseOptions, terminal: Terminal, signal: AbortSignal): Promise<ExitCode> {
  const what = pausedOf(given);
  const lines =
    "repository" in what
      ? {
          done: `pushes of ${what.repository} that wait are requested within a minute; what only a comparison can find follows with the next one`,
          already: `no one has paused ${what.repository}`,
        }
      : {
          done: `copies to ${what.destination} begin within a minute, a few at once at first`,
          already: `no one has paused ${what.destination}`,
        };
  return changed({ what, verb: "resume", lines }, given, terminal, signal);
}

function pausedOf({ destination, repository }: PauseOptions): Paused {
  if (destination !== undefined && repository === undefined) return { destination };
  if (repository !== undefined && destination === undefined) return { repository };
  throw new UsageError("name either a destination, or a repository with --repository");
}

interface Change {
  readonly what: Paused;
  readonly verb: "pause" | "resume";
  readonly lines: Readonly<Record<"done" | "already", string>>;
}

async function changed(
  { what, verb, lines }: Change,
  given: RawApiOptions,
  { out, json }: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  await using api = await openStackApi(given, signal);
  const result = "repository" in what ? await askRepository(api, what, verb) : await ask(api, what.destination, verb);
  if (json) out.json({ ...what, result });
  else out.lines([lines[result]]);
  return ExitCode.ok;
}

async function askRepository(
  api: StackApi,
  body: { readonly repository: string },
  verb: Change["verb"],
): Promise<"done" | "already"> {
  const path = `/api/repositories/${verb}`;
  return unlessAlready(change(api, { method: "POST", path, body }, z.object({ repository: z.string() })));
}

async function ask(api: StackApi, destination: string, verb: Change["verb"]): Promise<"done" | "already"> {
  const path = `/api/destinations/${encodeURIComponent(destination)}/${verb}`;
  try {
    return await unlessAlready(change(api, { method: "POST", path }, z.object({ destination: z.string() })));
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    const names = (await read(api, { path: "/api/destinations" }, z.array(Destination))).map(({ name }) => name);
    throw new UsageError(`there is no destination "${destination}"; there are ${names.join(", ")}`, { cause: error });
  }
}

async function unlessAlready(changing: Promise<unknown>): Promise<"done" | "already"> {
  try {
    await changing;
    return "done";
  } catch (error) {
    if (isConflict(error)) return "already";
    throw error;
  }
}
