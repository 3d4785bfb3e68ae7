import { RE2JS, RE2JSException } from "re2js";
import { FormatError } from "../../oci/errors/format-error.ts";
import type { CompileRegex } from "./pattern-engines.ts";

/**
 * Regular expressions of RE2: no backtracking, so that the time of a match is linear in the name, whatever the expression. RE2 therefore has
 * neither lookaround nor references to groups.
 */
export const compileRegex: CompileRegex = (expression) => {
  const compiled = compile(expression);
  return (name) => compiled.matches(name);
};

function compile(expression: string): RE2JS {
  try {
    return RE2JS.compile(expression);
  } catch (cause) {
    if (!(cause instanceof RE2JSException)) throw cause;
    const problem = cause.message.replace("error parsing regexp: ", "");
    throw new FormatError("regex", `"${expression}" is no expression of RE2 (${problem})`, { cause });
  }
}
