import * as z from "zod";
import { FormatError } from "./errors/format-error.ts";
import { quoted } from "./errors/quoted.ts";
import { lenientOptional } from "./json/optional-field.ts";

/** What a manifest of an index runs on (image-spec, image-index.md "platform"). */
export const Platform = z.object({
  architecture: z.string(),
  os: z.string(),
  variant: lenientOptional(z.string()),
});
export type Platform = z.infer<typeof Platform>;

/** Which platforms of an image are copied, and how the others are left out of an index. */
export interface PlatformFilter {
  readonly include: readonly Platform[];
  /**
   * `sparse`: the index as it is, which names manifests that the target does not have. `strip`: a new index, which names only what
   * is there and has another digest.
   */
  readonly keep: "sparse" | "strip";
}

/** One line that is the same for equal filters only: records compare it. */
export function formatFilter({ include, keep }: PlatformFilter): string {
  return [keep, ...include.map((platform) => formatPlatform(normalized(platform))).toSorted()].join(" ");
}

/** Parses `os/architecture[/variant]`. @throws {FormatError} */
export function parsePlatform(text: string): Platform {
  const [os, architecture, variant, ...more] = text.split("/");
  if (!os || !architecture || variant === "" || more.length > 0) {
    throw new FormatError("platform", `${quoted(text)} is not os/architecture or os/architecture/variant`);
  }
  return { os, architecture, ...(variant === undefined ? {} : { variant }) };
}

export function formatPlatform({ os, architecture, variant }: Platform): string {
  return [os, architecture, ...(variant ? [variant] : [])].join("/");
}

/** Other spellings of an architecture, with the variant they mean (containerd, platforms/database.go `normalizeArch`). */
const SPELLINGS: ReadonlyMap<string, { readonly architecture: string; readonly variant?: string }> = new Map([
  ["i386", { architecture: "386" }],
  ["x86_64", { architecture: "amd64" }],
  ["x86-64", { architecture: "amd64" }],
  ["aarch64", { architecture: "arm64" }],
  ["armhf", { architecture: "arm", variant: "v7" }],
  ["armel", { architecture: "arm", variant: "v6" }],
]);
/** The variant that applies when none is given. */
const BASE_VARIANT: ReadonlyMap<string, string> = new Map([
  ["amd64", "v1"],
  ["arm64", "v8"],
  ["arm", "v7"],
]);
/** The oldest variant that newer ones of an architecture also run (containerd, platforms/compare.go `platformVector`). */
const OLDEST_VARIANT: ReadonlyMap<string, number> = new Map([
  ["amd64", 1],
  ["arm64", 8],
  ["arm", 5],
]);

/** A platform in its normalized form, for comparisons. */
function normalized({ os, architecture, variant }: Platform): Platform & { readonly variant: string } {
  const said = architecture.toLowerCase();
  const spelling = SPELLINGS.get(said);
  const name = spelling?.architecture ?? said;
  const saidVariant = (spelling?.variant ?? variant ?? "").toLowerCase();
  const numbered = /^\d/.test(saidVariant) ? `v${saidVariant}` : saidVariant;
  const system = os.toLowerCase();
  return {
    os: system === "macos" ? "darwin" : system,
    architecture: name,
    variant: numbered === "" ? (BASE_VARIANT.get(name) ?? "") : numbered,
  };
}

/**
 * How well a platform serves the requested one: 0 for the same platform, higher numbers for older variants that it also
 * runs (arm/v7 runs v6, then v5), undefined for another platform. The order is that of containerd's `platforms.Only`, but
 * within one architecture: an image for 386 is no replacement for one for amd64.
 */
export function platformRank(platform: Platform, wanted: Platform): number | undefined {
  const has = normalized(platform);
  const wants = normalized(wanted);
  if (has.os !== wants.os || has.architecture !== wants.architecture) return undefined;
  if (has.variant === wants.variant) return 0;
  const oldest = OLDEST_VARIANT.get(wants.architecture);
  const [from, to] = [numberOf(wants.variant), numberOf(has.variant)];
  if (oldest === undefined || from === undefined || to === undefined) return undefined;
  return to < from && to >= oldest ? from - to : undefined;
}

/** The number of a variant: 7 for `v7`, 9.2 for `v9.2`; undefined for a variant without a number. */
function numberOf(variant: string): number | undefined {
  return /^v\d+(?:\.\d+)?$/.test(variant) ? Number(variant.slice(1)) : undefined;
}
