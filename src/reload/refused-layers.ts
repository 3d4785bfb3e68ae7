import { withPositions } from "../contract/configuration/configuration-file.ts";
import type { PositionOf } from "../contract/configuration/configuration-file.ts";
import { originOf } from "../contract/layers/layer-configuration.ts";
import type { Layer } from "../contract/layers/layer-configuration.ts";
import { layersOf } from "./layered.ts";
import { singleValues } from "./single-values.ts";

/**
 * The error of refused layers, each of its problems with its place: that in the file, `--set`, or the name of a variable.
 * @param destinations the names of the destinations, in their order.
 */
export function placedProblems(
  error: unknown,
  layers: readonly Layer[],
  destinations: readonly string[],
  positionInFile: PositionOf = () => undefined,
): unknown {
  const { origins } = layersOf(layers);
  return withPositions(error, (field) => {
    const origin = originOf(origins, field);
    if (origin?.layer === "flags") return "--set";
    if (origin?.layer === "environment") return variableOf(field, destinations);
    return origin === undefined || origin.layer === "file" ? positionInFile(origin?.field ?? field) : origin.layer;
  });
}

function variableOf(field: string, destinations: readonly string[]): string {
  const name = field.replace(/^destinations\[(\d+)\]/, (_all, index) => `destinations.${destinations[Number(index)]}`);
  return singleValues(destinations).find((value) => value.name === name)?.variable ?? "environment";
}

/** What is refused: the file, if the place of a problem is a line of it, and else what the user has set. */
export function refusedPart(problems: readonly string[], file: string): string {
  const isOfFlag = problems.some((problem) => problem.startsWith("--set"));
  const isOfVariable = problems.some((problem) => problem.startsWith("FREIGHTLINER_"));
  if (problems.some((problem) => problem.startsWith("line ")) || (!isOfFlag && !isOfVariable)) return file;
  return isOfFlag ? "a value of --set" : "an environment variable";
}
