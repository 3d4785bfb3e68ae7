/** An image has Docker's first manifest format, which registries refuse today. Permanent. */
export class Schema1Error extends Error {
  override readonly name = "Schema1Error";

  constructor() {
    super(
      "the image is in Docker's image manifest version 2, schema 1, which registries have stopped taking; pull it with an old Docker, and push it again",
    );
  }
}
