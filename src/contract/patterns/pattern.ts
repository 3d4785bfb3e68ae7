import * as z from "zod";
import { globProblem, LONGEST } from "./glob.ts";

/** Limit for an expression or a range: longer ones are mistakes. */
const LONGEST_TEXT = 256;

/** Matches whole names, in a time that is linear in the name: see `regular-expressions.ts`. */
const Regex = z.strictObject({ regex: z.string().min(1).max(LONGEST_TEXT) });
/** Matches versions: see `versions.ts`. */
const VersionRange = z.strictObject({ semver: z.string().min(1).max(LONGEST_TEXT) });

/** A glob of names of at most `longest` characters. */
export const globOf = (longest: number) =>
  z
    .string()
    .min(1)
    .max(256)
    .superRefine((pattern, context) => {
      const problem = globProblem(pattern, longest);
      if (problem !== undefined) context.addIssue({ code: "custom", message: `"${pattern}" ${problem}` });
    });

export const RepositoryPattern = z.union([globOf(LONGEST.repository), Regex], {
  error: "is neither a glob nor { regex: ... }",
});
export type RepositoryPattern = z.infer<typeof RepositoryPattern>;

export const TagPattern = z.union([globOf(LONGEST.tag), Regex, VersionRange], {
  error: "is neither a glob, { regex: ... } nor { semver: ... }",
});
export type TagPattern = z.infer<typeof TagPattern>;

/**
 * A media type (RFC 6838, "Naming Requirements"), in which `*` stands for any characters of its type or subtype. In few places only, as in
 * every glob.
 */
export const TypePattern = z
  .string()
  .max(256)
  .regex(/^[\w!#$&^.+*-]+\/[\w!#$&^.+*-]+$/, "is not a media type, in which * may stand for any characters")
  .refine((pattern) => pattern.split("*").length <= 4, "has more than 3 wildcards");
