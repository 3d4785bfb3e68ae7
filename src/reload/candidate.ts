import { ConfigurationError } from "../contract/configuration/configuration.ts";
import type { Layer } from "../contract/layers/layer-configuration.ts";
import { originOf } from "../contract/layers/layer-configuration.ts";
import { layersOf, loadLayers } from "./layered.ts";
import type { LayeredConfiguration } from "./layered.ts";
import { stackChanges } from "./stack-changes.ts";

/** The configuration of a deployment without its external document, and the layers that it consists of. */
export interface DeployedConfiguration extends LayeredConfiguration {
  readonly layers: readonly Layer[];
}

/** @throws {ConfigurationError} with every problem. */
export async function loadDeployed(layers: readonly Layer[]): Promise<DeployedConfiguration> {
  return { ...(await loadLayers(layers)), layers };
}

/**
 * The configuration of a deployment with an external document, YAML or JSON: only fields that differ need to be in it.
 * @throws {ConfigurationError} with every problem, with line and column where the document has it.
 */
export async function loadCandidate(text: string, deployed: DeployedConfiguration): Promise<LayeredConfiguration> {
  // The parser of YAML is a third of a cold start, which needs it only where there is an external document.
  const { readDocumentFile, withPositions } = await import("../contract/configuration/configuration-file.ts");
  // A file that was emptied by mistake would remove every rule that the document has, and every gate.
  if (text.trim() === "")
    throw new ConfigurationError(["the document is empty; write {} to use the deployed file alone"]);
  const external = readDocumentFile(text);
  // A document of nothing but comments.
  const document = external.value ?? {};
  try {
    const candidate = await loadLayers([...deployed.layers, { name: "external", document }]);
    const problems = stackChanges(deployed, candidate);
    if (problems.length > 0) throw new ConfigurationError(problems);
    return candidate;
  } catch (error) {
    const { origins } = layersOf([...deployed.layers, { name: "external", document }]);
    throw withPositions(error, (field) => {
      if (field === "") return undefined;
      const origin = originOf(origins, field);
      return origin?.layer === "external" ? external.positionOf(origin.field) : undefined;
    });
  }
}
