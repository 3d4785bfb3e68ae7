import { describe, expect, it } from "vitest";
import { unknownCommands, unknownOptions } from "./commands.ts";
import { DOCUMENTS, readDocument } from "./documents.ts";

describe("commands in the documents", () => {
  it.each(DOCUMENTS)("exist, with their options: %s", (path) => {
    expect(unknownCommands(readDocument(path))).toEqual([]);
  });

  it("in the document of the command have no option that no command has", () => {
    expect(unknownOptions(readDocument("docs/use/cli.md"))).toEqual([]);
  });

  it.each([
    ["    npm run missing", ["missing"]],
    ["`npm run --silent sbom` and `npm run bench:huge`", []],
    ["`npx cdk deploy -c config=a.yaml -c stak=b`", ["stak"]],
    ["`-c stak=NAME`", ["stak"]],
    ["\n    npx freightliner coppy A B\n", ["freightliner coppy"]],
    ["`freightliner copy A B --dry-rum --dry-run`", ["freightliner copy --dry-rum"]],
    ["\n    echo x | npx freightliner login HOST --pasword-stdin\n", ["freightliner login --pasword-stdin"]],
    ["```sh\nnpx freightliner tags A --platform x\n```", ["freightliner tags --platform"]],
    ["`freightliner COMMAND --help` and `freightliner COMMAND --yes`", ["--yes"]],
    ["freightliner helps, in prose", []],
  ])("are found out when they are wrong: %j", (text, wrong) => {
    expect(unknownCommands(text)).toEqual(wrong);
  });

  it("and so is an option that no command has", () => {
    expect(unknownOptions("`--dry-run`, `--dry-rum`")).toEqual(["--dry-rum"]);
  });
});
