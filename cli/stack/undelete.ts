import { Destination } from "../../src/api/schemas/status.ts";
import * as z from "zod";
import { ListedTag } from "../../src/api/schemas/tag.ts";
import { Undeleted } from "../../src/api/schemas/deletes.ts";
import { openStackApi } from "../api/open-stack-api.ts";
import type { RawApiOptions } from "../api/open-stack-api.ts";
import { change, read } from "../api/stack-api.ts";
import type { StackApi } from "../api/stack-api.ts";
import { ExitCode } from "../errors/exit-code.ts";
import { NotFoundError } from "../errors/not-found-error.ts";
import { UsageError } from "../errors/usage-error.ts";
import { readImageReference } from "../registry-access/reference-argument.ts";
import type { Terminal } from "../terminal/terminal.ts";

interface GivenUndelete extends RawApiOptions {
  readonly destination?: string | undefined;
}

/** Runs `freightliner undelete`: keeps a tag that is to be deleted at a destination, or restores one that was. */
export async function undelete(
  image: string,
  given: GivenUndelete,
  { out, json }: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  await using api = await openStackApi(given, signal);
  const tag = (await isKey(image, api)) ? { key: image } : await findTag(image, given.destination, api);
  const done = await change(api, { method: "POST", path: "/api/deletes/undelete", body: tag }, Undeleted);
  if (json) out.json({ image, ...done });
  else out.lines([describeUndeleted(image, done)]);
  return ExitCode.ok;
}

/** Whether the stack has a record by this key. */
function isKey(key: string, api: StackApi): Promise<boolean> {
  return read(api, { path: "/api/tag", query: { key } }, ListedTag).then(
    () => true,
    (error: unknown) => {
      if (error instanceof NotFoundError) return false;
      throw error;
    },
  );
}

/** The tag of the one destination that has a record of the image. @throws {NotFoundError} | {UsageError} */
async function findTag(image: string, destination: string | undefined, api: StackApi) {
  const { registry, name, tag, digest } = readImageReference("undelete", image);
  if (tag === undefined || digest !== undefined)
    throw new UsageError(`${image} does not name a tag; write REGISTRY/REPOSITORY:TAG`, { command: "undelete" });
  const all = await read(api, { path: "/api/destinations" }, z.array(Destination));
  const wanted = all.filter((each) => destination === undefined || each.name === destination);
  const keys = wanted.map((each) => `${each.name}/${name}:${tag}`);
  const known = await Promise.all(keys.map((key) => isKey(key, api)));
  const [key, ...others] = keys.filter((_, index) => known[index]);
  if (key === undefined) throw new NotFoundError(`the stack has no record of ${name}:${tag}`);
  if (others.length === 0) return { key, registry };
  const names = [key, ...others].map((each) => each.slice(0, each.indexOf("/"))).join(", ");
  throw new UsageError(`several destinations have ${name}:${tag} (${names}); add --destination`, {
    command: "undelete",
  });
}

function describeUndeleted(image: string, { kind, digest }: Undeleted): string {
  switch (kind) {
    case "kept":
      return `kept ${image} (${digest}): its tombstone is removed`;
    case "restored":
      return `restored ${image} (${digest})`;
    case "present":
      return `${image} is there (${digest}), and has no tombstone`;
  }
}
