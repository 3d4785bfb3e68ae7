import { compileGlobs } from "./glob.ts";

/** The longest media type: 127 characters on both sides of the slash (RFC 6838, "Naming Requirements"). */
const LONGEST_TYPE = 255;

/**
 * Compiles patterns of media types, which are case-insensitive (RFC 6838, "Naming Requirements"). Manifests may name types of any length, and a match
 * takes longer the longer its text is: what is too long is of no type.
 */
export function compileTypes(patterns: readonly string[]): (type: string) => boolean {
  const matches = compileGlobs(patterns.map((pattern) => pattern.toLowerCase()));
  return (type) => type.length <= LONGEST_TYPE && matches(type.toLowerCase());
}
