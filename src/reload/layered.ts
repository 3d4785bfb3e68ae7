import { ConfigurationError, loadConfiguration } from "../contract/configuration/configuration.ts";
import type { Configuration } from "../contract/configuration/configuration.ts";
import { layerConfiguration } from "../contract/layers/layer-configuration.ts";
import type { Layer, LayeredDocument } from "../contract/layers/layer-configuration.ts";
import { defaultDocument } from "./default-document.ts";

/** A configuration of several layers, and where each of its values comes from. */
export interface LayeredConfiguration extends LayeredDocument {
  readonly configuration: Configuration;
}

/**
 * Merges layers over the defaults and checks the result.
 * @throws {ConfigurationError} with every problem.
 */
export async function loadLayers(layers: readonly Layer[]): Promise<LayeredConfiguration> {
  const problems = layers
    .filter(({ document }) => document !== undefined && (typeof document !== "object" || Array.isArray(document)))
    .map(({ name }) => `configuration: the ${name} layer is not an object with fields`);
  if (problems.length > 0) throw new ConfigurationError(problems);
  const layered = layersOf(layers);
  return { ...layered, configuration: await loadConfiguration(layered.document) };
}

/** Layers merged over the defaults, and not checked. */
export function layersOf(layers: readonly Layer[]): LayeredDocument {
  return layerConfiguration([{ name: "defaults", document: defaultDocument() }, ...layers]);
}
