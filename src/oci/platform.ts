import * as z from "zod";
import { FormatError, shown } from "./format-error.ts";

/** What a manifest of an index runs on (image-spec, image-index.md "platform"). */
export const Platform = z.object({
  architecture: z.string(),
  os: z.string(),
  variant: z.string().optional(),
});
export type Platform = z.infer<typeof Platform>;

/** Reads `os/architecture[/variant]`. @throws {FormatError} */
export function parsePlatform(text: string): Platform {
  const [os, architecture, variant, ...more] = text.split("/");
  if (!os || !architecture || variant === "" || more.length > 0) {
    throw new FormatError("platform", `${shown(text)} is not os/architecture or os/architecture/variant`);
  }
  return { os, architecture, ...(variant === undefined ? {} : { variant }) };
}

export function formatPlatform(platform: Platform): string {
  return [platform.os, platform.architecture, ...(platform.variant === undefined ? [] : [platform.variant])].join("/");
}

/** What an architecture without a variant means (containerd, platforms: `arm64` is v8, `arm` is v7). */
const DEFAULT_VARIANT: ReadonlyMap<string, string> = new Map([
  ["arm64", "v8"],
  ["arm", "v7"],
]);

/** True when the platform is the one wanted; a wanted platform without a variant takes any. */
export function matchesPlatform(platform: Platform | undefined, wanted: Platform): boolean {
  if (platform === undefined) return false;
  if (platform.os !== wanted.os || platform.architecture !== wanted.architecture) return false;
  const variant = platform.variant ?? DEFAULT_VARIANT.get(platform.architecture);
  return wanted.variant === undefined || wanted.variant === variant;
}
