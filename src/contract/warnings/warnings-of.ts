import type { Configuration } from "../configuration/configuration.ts";
import { googleUses, quotaNote } from "./google-quota.ts";
import { ungatedContent } from "./ungated-content.ts";

/** What a valid configuration probably does not mean, one line each. */
export function warningsOf({ rules, destinations }: Pick<Configuration, "rules" | "destinations">): string[] {
  const rates = googleUses(destinations).flatMap((use) => {
    const note = quotaNote(use);
    return note === undefined ? [] : [`destinations ${use.destinations.join(", ")}: ${note}`];
  });
  return [...ungatedContent(rules), ...rates];
}
