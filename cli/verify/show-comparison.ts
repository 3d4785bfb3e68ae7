import type { Digest } from "../../src/oci/digest.ts";
import { describeLeftOut } from "../../src/replication/outcome/left-out.ts";
import { ExitCode } from "../errors/exit-code.ts";
import { counted } from "../terminal/format.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { isUnknown } from "../../src/inspection/verify/verdict.ts";
import type { Comparison } from "../../src/inspection/verify/compare-images.ts";

interface Compared {
  readonly source: string;
  readonly target: string;
  readonly digest: Digest;
}

/** Prints differences, and what could not be compared: images are called equal only when everything was compared. */
export function showComparison(
  compared: Compared,
  { differences, notCompared, checked }: Comparison,
  { out, json }: Pick<Terminal, "out" | "json">,
): ExitCode {
  const unknown = notCompared.filter(isUnknown).length;
  const equal = differences.length === 0 && unknown === 0;
  if (json) out.json({ ...compared, equal, checked, differences, notCompared });
  else {
    out.lines(differences.map(({ kind, name, problem }) => `${kind} ${name} ${problem}`));
    out.lines(notCompared.map((each) => `not compared: ${describeLeftOut([each])}`));
    const all = `${counted(checked.manifests, "manifest")}, ${counted(checked.blobs, "blob")} and ${counted(checked.referrers, "referrer")} compared`;
    out.lines([`${compared.source} and ${compared.target} ${verdict(differences.length, unknown)}; ${all}`]);
  }
  return equal ? ExitCode.ok : ExitCode.failed;
}

function verdict(differences: number, unknown: number): string {
  if (differences === 0 && unknown === 0) return "are equal";
  if (differences === 0) return `may differ: ${counted(unknown, "item")} could not be compared`;
  const more = unknown === 0 ? "" : `, and ${counted(unknown, "item")} could not be compared`;
  return `differ: ${counted(differences, "difference")}${more}`;
}
