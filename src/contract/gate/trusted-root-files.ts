import * as z from "zod";

/** The text of a file. @throws when it cannot be read. */
export type ReadFile = (file: string) => string;

const Named = z.looseObject({ trustedRoots: z.array(z.unknown()) });
const InFile = z.strictObject({ name: z.unknown(), file: z.string() });

/**
 * A document with what is in the files of its trusted roots: functions have no such files. Everything else is as it was, and not checked.
 * @returns also the problems, one line each, with the field.
 */
export function readTrustedRoots(
  document: unknown,
  readFile: ReadFile,
): { readonly value: unknown; readonly problems: readonly string[] } {
  const named = Named.safeParse(document).data;
  if (named === undefined) return { value: document, problems: [] };
  const problems: string[] = [];
  const trustedRoots = named.trustedRoots.map((entry, index) => {
    const { name, file } = InFile.safeParse(entry).data ?? {};
    if (file === undefined) return entry;
    const root = readRoot(file, readFile);
    if (root instanceof Error) problems.push(`trustedRoots[${index}].file: ${JSON.stringify(file)} ${root.message}`);
    return { name, root };
  });
  return { value: { ...named, trustedRoots }, problems };
}

function readRoot(file: string, readFile: ReadFile): unknown {
  let text: string;
  try {
    text = readFile(file);
  } catch (cause) {
    return new Error(`cannot be read (${cause instanceof Error ? cause.message : "unreadable"})`, { cause });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    // GitHub's command writes several roots into one file.
    return new Error("is not JSON; of a file with one root in each line, keep the line that is needed", { cause });
  }
}
