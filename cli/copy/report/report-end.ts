import { counted } from "../../terminal/format.ts";

/** How the images of a run ended. */
export interface EndedImages {
  readonly images: number;
  readonly copied: number;
  readonly unchanged: number;
  /** Names of the sources. */
  readonly failed: readonly string[];
}

/** Maximum number of failed images that the last lines name. */
const NAMES_SHOWN = 20;

/** The last lines of a run: how many images ended how, and which failed. */
export function describeEnd({ images, copied, unchanged, failed }: EndedImages, dryRun: boolean): string[] {
  const interrupted = images - copied - unchanged - failed.length;
  const parts = [
    `${copied} ${dryRun ? "to copy" : "copied"}`,
    `${unchanged} already present`,
    `${failed.length} failed`,
    ...(interrupted === 0 ? [] : [`${interrupted} not done`]),
  ];
  const more = failed.length > NAMES_SHOWN ? ` and ${failed.length - NAMES_SHOWN} more` : "";
  const names = failed.length === 0 ? [] : [`failed: ${failed.slice(0, NAMES_SHOWN).join(", ")}${more}`];
  return [...names, `${counted(images, "image")}: ${parts.join(", ")}`];
}
