/** A folder inside a layer, with its own task. */
export interface Room {
  readonly holds: string;
  /** Rooms of the same layer that it may import; "." is the layer's own folder. */
  readonly rooms: readonly string[];
}

/** A top-level folder, and what its files may import in addition to their own folder. */
export interface Layer {
  readonly folder: string;
  readonly holds: string;
  /** Other layers, or folders of them. */
  readonly imports: readonly string[];
  /** Packages and modules of Node, as patterns of the linter. */
  readonly packages: readonly string[];
  /** The folders inside, where the table restricts their imports, too; "." is the layer's own folder. */
  readonly rooms?: Readonly<Record<string, Room>>;
}
