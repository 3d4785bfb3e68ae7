import { ignoreRejectionUntilAwaited } from "../../../src/async/late-rejection.ts";
import { linkAbort } from "../../../src/async/linked-abort.ts";
import type { Digest } from "../../../src/oci/digest.ts";
import type { Tag } from "../../../src/oci/reference.ts";
import type { TargetRepository } from "../../../src/inspection/content/target-repository.ts";

/** A look-up of a tag that goes on while the image is read. Disposal aborts it if it is not needed any more. */
export interface TagLookUp extends AsyncDisposable {
  /** What the tag names. Undefined when there is no tag to look up. */
  readonly digest: Promise<Digest | undefined> | undefined;
}

export function lookUpEarly(
  tag: Tag | undefined,
  target: Pick<TargetRepository, "lookUp">,
  signal: AbortSignal,
): TagLookUp {
  if (tag === undefined) return { digest: undefined, [Symbol.asyncDispose]: () => Promise.resolve() };
  const ending = linkAbort(signal);
  let isOver = false;
  const lookUp = async (): Promise<Digest | undefined> => {
    try {
      return await target.lookUp(tag, ending.signal);
    } finally {
      isOver = true;
      ending[Symbol.dispose]();
    }
  };
  const digest = ignoreRejectionUntilAwaited(lookUp());
  return {
    digest,
    async [Symbol.asyncDispose]() {
      if (isOver) return;
      ending.abort(new Error("the image is not compared"));
      await digest.catch(() => undefined);
    },
  };
}
