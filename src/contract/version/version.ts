import manifest from "../../../package.json" with { type: "json" };

/** The version of Freightliner, as its package has it. */
export const VERSION = manifest.version;
