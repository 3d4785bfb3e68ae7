/** Claims without a step that ended, after which the next repository is left out: the first claim and two more. */
const MOST_IDLE = 3;

/** Why a repository was left out. */
export const TOO_LONG = "takes longer than an invocation; use the command for it";

/**
 * What is left, in batches. After an invocation that ended no step, the next repository is tried alone; when that does not end either, it is
 * left out, so that one repository does not hold up the others for good.
 */
export function nextRepositories<Name extends string>(
  all: readonly Name[],
  { after, idle, most }: { readonly after: string; readonly idle: number; readonly most: number },
): { readonly batches: readonly (readonly Name[])[]; readonly tooLong: Name | undefined } {
  const rest = all.filter((name) => name > after);
  const tooLong = idle >= MOST_IDLE ? rest[0] : undefined;
  const left = tooLong === undefined ? rest : rest.slice(1);
  const alone = idle > 0 && tooLong === undefined ? left.slice(0, 1) : [];
  const batches: (readonly Name[])[] = alone.length === 0 ? [] : [alone];
  for (let start = alone.length; start < left.length; start += most) batches.push(left.slice(start, start + most));
  return { batches, tooLong };
}
