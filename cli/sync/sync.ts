import { stringify } from "yaml";
import { copy } from "../copy/copy.ts";
import { parseCopyOptions } from "../copy/copy-options.ts";
import type { RawCopyOptions } from "../copy/copy-options.ts";
import { ExitCode } from "../errors/exit-code.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { UsageError } from "../errors/usage-error.ts";
import { fromRegsync } from "./from-regsync.ts";
import { fromSkopeo } from "./from-skopeo.ts";
import { specOf } from "./spec-of.ts";
import { readWrittenFile, SyncList } from "./sync-file.ts";
import type { Converted } from "./sync-file.ts";

interface GivenSync extends RawCopyOptions {
  readonly fromRegsync?: string | undefined;
  readonly fromSkopeo?: string | undefined;
  readonly to?: string | undefined;
}

/** Runs `freightliner sync`: copies the images of a list, or prints another tool's list in our format. */
export async function sync(
  file: string | undefined,
  given: GivenSync,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  const lists = [file, given.fromRegsync, given.fromSkopeo].filter((each) => each !== undefined);
  if (lists.length !== 1) {
    throw new UsageError("sync takes one list: FILE, --from-regsync FILE or --from-skopeo FILE", { command: "sync" });
  }
  if (file === undefined) return show(await convert(given), terminal);
  const { sync: entries } = await readWrittenFile(file, SyncList);
  return copy(await Promise.all(entries.map(specOf)), parseCopyOptions(given), terminal, signal);
}

function convert({ fromRegsync: regsync, fromSkopeo: skopeo, to }: GivenSync): Promise<Converted> {
  if (regsync !== undefined) return fromRegsync(regsync);
  if (to === undefined) {
    throw new UsageError("--from-skopeo needs --to PLACE: skopeo's lists name no target", { command: "sync" });
  }
  return fromSkopeo(skopeo ?? "", to);
}

function show({ list, lost }: Converted, { out, err, json }: Terminal): ExitCode {
  if (json) out.json(list);
  else out.lines(stringify(list, { lineWidth: 0 }).trimEnd().split("\n"));
  err.lines(lost.map((what) => `not converted: ${what}`));
  return lost.length === 0 ? ExitCode.ok : ExitCode.failed;
}
