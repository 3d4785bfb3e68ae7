/** An image of Docker's first format: nothing reads it any more, and registries of today refuse it. Permanent by nature. */
export class Schema1Error extends Error {
  override readonly name = "Schema1Error";

  constructor() {
    super(
      "the image is in Docker's image manifest version 2, schema 1, which registries have stopped taking; pull it with an old Docker, and push it again",
    );
  }
}
