import type { ImageContent } from "../../local/images/image-content.ts";

/** What is to be copied, and how its registries are reached. */
export interface CopyTask {
  /** Registry and repository, `127.0.0.1:PORT/name`. */
  readonly from: string;
  readonly to: string;
  /** Images by tag: all that the source's repository has. */
  readonly images: ReadonlyMap<string, ImageContent>;
  readonly isTls: boolean;
  /** A folder for files that the tool reads; empty. */
  readonly folder: string;
}

/** A program and its arguments. */
export type Command = readonly string[];

/** A tool that copies. */
export interface Tool {
  readonly name: string;
  /** Ours, another project's, or a limit that no tool has to meet. */
  readonly kind: "ours" | "peer" | "limit";
  /** True for a workload of so many tags that the tool takes part in. */
  readonly takes: (workload: string, tags: number) => boolean;
  /** Commands that are run one after another. TLS certificates to trust are in SSL_CERT_FILE. */
  readonly commands: (task: CopyTask) => readonly Command[];
}

/** Registry of `registry/repository`. */
export function registryOf(place: string): string {
  return place.split("/")[0] ?? place;
}
