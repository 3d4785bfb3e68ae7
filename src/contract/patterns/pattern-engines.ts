/** Compiles a regular expression. The result is true for names that match as a whole. @throws {FormatError} for a syntax error. */
export type CompileRegex = (expression: string) => (name: string) => boolean;

/** A tag, and when its image was pushed. */
export interface PushedTag {
  readonly tag: string;
  /** Epoch milliseconds; 0 when the source does not say. */
  readonly pushedAt: number;
}

/** What rules ask of versions. A tag may have a leading `v`; a tag that is no version is in no range, and has no place in the order. */
export interface VersionEngine {
  /** True for the versions of a range. @throws {FormatError} for a syntax error. */
  readonly compileRange: (range: string) => (tag: string) => boolean;
  readonly isVersion: (tag: string) => boolean;
  /** Drops tags that are no versions. */
  readonly newestFirst: <T extends PushedTag>(tags: readonly T[]) => T[];
  /** True when the first of two versions comes before the second in {@link newestFirst}. */
  readonly isNewer: (version: PushedTag, other: PushedTag) => boolean;
}

/** Engines of patterns: most configurations need none, and a function loads those that its configuration needs. */
export interface PatternEngines {
  readonly compileRegex?: CompileRegex | undefined;
  readonly versions?: VersionEngine | undefined;
}

/** Which engines a configuration needs. */
export interface NeededEngines {
  readonly regex: boolean;
  readonly versions: boolean;
}
