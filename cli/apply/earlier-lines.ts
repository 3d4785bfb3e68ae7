import { unlessAborted } from "../../src/async/abort.ts";
import type { Digest } from "../../src/oci/digest.ts";
import type { ImageTarget } from "../../src/oci/image-target.ts";
import type { RepositoryName } from "../../src/oci/reference.ts";
import { createKnownContent } from "../../src/inspection/content/known-content.ts";
import type { KnownContent } from "../../src/inspection/content/known-content.ts";
import type { FileBlob, PlannedCopy } from "../../src/inspection/plan/plan-line.ts";

/** How a line writes, where earlier lines bring some of its blobs. */
export interface LinePorts {
  readonly content: KnownContent;
  readonly target: ImageTarget;
}

/** What earlier lines of the plan have sent. Lines begin in the order of the file, so that a line never waits for one that has not begun. */
export interface EarlierLines {
  /** The next line of the file, before anything is done for it. */
  expect(line: PlannedCopy): void;
  begin(line: PlannedCopy, target: ImageTarget): LinePorts;
  /** The line has ended, well or not: who waits for its blobs looks for itself. */
  end(line: PlannedCopy): void;
  settled(): Promise<void>;
}

export function createEarlierLines(): EarlierLines {
  const contents = new Map<string, KnownContent>();
  const sending = new Map<string, PromiseWithResolvers<void>>();
  const keyOf = (destination: string, to: RepositoryName, digest: Digest): string => `${destination}/${to}@${digest}`;

  function contentOf({ destination, to }: PlannedCopy): KnownContent {
    const key = `${destination}/${to}`;
    const found = contents.get(key) ?? createKnownContent();
    contents.set(key, found);
    return found;
  }

  return {
    expect({ destination, to, blobs }) {
      for (const { again, digest } of blobs) {
        if (again !== true) sending.set(keyOf(destination, to, digest), Promise.withResolvers());
      }
    },
    begin(line, target) {
      const { destination, to } = line;
      const content = contentOf(line);
      const elsewhere = new Map(
        line.blobs.flatMap((blob) => (isElsewhere(blob) ? [[blob.digest, blob] as const] : [])),
      );
      const arrived = async ({ digest, from }: FileBlob, signal: AbortSignal): Promise<void> => {
        const earlier = from === undefined ? undefined : sending.get(keyOf(destination, from, digest));
        if (earlier !== undefined) await unlessAborted(earlier.promise, signal);
      };
      const sendOnce: KnownContent["sendOnce"] = async (sent, signal) => {
        const other = elsewhere.get(sent.digest);
        if (other !== undefined) await arrived(other, signal);
        const how = await content.sendOnce(sent, signal);
        sending.get(keyOf(destination, to, sent.digest))?.resolve();
        return how;
      };
      return { content: { ...content, sendOnce }, target: withShared(target, elsewhere) };
    },
    end({ destination, to, blobs }) {
      for (const { again, digest } of blobs) {
        if (again === true) continue;
        const key = keyOf(destination, to, digest);
        sending.get(key)?.resolve();
        sending.delete(key);
      }
    },
    async settled() {
      await Promise.all([...contents.values()].map((content) => content.settled()));
    },
  };
}

/** The bytes that another repository has are here, too, unless the registry does not share them after all. */
function withShared(target: ImageTarget, elsewhere: ReadonlyMap<Digest, FileBlob>): ImageTarget {
  return {
    ...target,
    async pushBlob(descriptor, options, signal) {
      const isShared = elsewhere.get(descriptor.digest)?.how === "shared";
      if (isShared && (await target.hasBlob(descriptor, signal))) return { kind: "mounted" };
      return target.pushBlob(descriptor, options, signal);
    },
  };
}

function isElsewhere({ how }: FileBlob): boolean {
  return how === "shared" || how === "mount";
}
