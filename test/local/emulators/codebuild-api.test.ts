import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import {
  AccountLimitExceededException,
  CodeBuildClient,
  InvalidInputException,
  ResourceNotFoundException,
  StartBuildCommand,
} from "@aws-sdk/client-codebuild";
import { describe, expect, it } from "vitest";
import { startCodeBuild } from "../../../local/emulators/codebuild-api.ts";
import { LOCAL_AWS } from "../../../local/access/local-aws.ts";

/** A project whose builds run this text as a module, a client of it, and the lines that builds write. */
async function projectOf(module: string) {
  const folder = await mkdtemp(join(tmpdir(), "codebuild-"));
  const entry = join(folder, "build.mjs");
  await writeFile(entry, module);
  const lines: string[] = [];
  const waiting: (() => void)[] = [];
  const builds = await startCodeBuild({
    project: "images-long-lane",
    entry: pathToFileURL(entry),
    environment: () => ({ GREETING: "hello" }),
    onLog(line) {
      lines.push(line);
      for (const wake of waiting.splice(0)) wake();
    },
  });
  const client = new CodeBuildClient({ ...LOCAL_AWS, endpoint: builds.endpoint, maxAttempts: 1 });
  return {
    builds,
    lines,
    folder,
    start: (projectName = "images-long-lane") => client.send(new StartBuildCommand({ projectName })),
    async line(text: string): Promise<void> {
      while (!lines.includes(text)) await new Promise<void>((resolve) => waiting.push(resolve));
    },
    async [Symbol.asyncDispose]() {
      client.destroy();
      await builds.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Says that it runs, with its variables, until a file appears beside it. */
const WAITS = `
  import { existsSync } from "node:fs";
  console.log("runs " + process.env.GREETING + " " + process.env.HOME);
  setInterval(() => existsSync(new URL("./stop", import.meta.url)) && process.exit(3), 5);
`;

describe("the emulator of CodeBuild", () => {
  it("starts a build as a process with the project's variables only, and answers before it has ended (StartBuild)", async () => {
    await using project = await projectOf(WAITS);
    const { build } = await project.start();
    expect(build).toMatchObject({ projectName: "images-long-lane", buildNumber: 1, buildStatus: "IN_PROGRESS" });
    expect(build?.id).toMatch(/^images-long-lane:[0-9a-f-]{36}$/);
    await project.line("runs hello undefined");
  });

  it("refuses a build beyond the project's limit, and none when the one before has ended, however it ended", async () => {
    await using project = await projectOf(WAITS);
    await project.start();
    await project.line("runs hello undefined");
    await expect(project.start()).rejects.toBeInstanceOf(AccountLimitExceededException);
    expect(project.builds.started()).toBe(1);
    await project.builds.kill();
    expect((await project.start()).build?.buildNumber).toBe(2);
    await writeFile(join(project.folder, "stop"), "");
    await project.builds.ended();
    expect((await project.start()).build?.buildNumber).toBe(3);
  });

  it("knows no other project, and takes no other input (ResourceNotFoundException, InvalidInputException)", async () => {
    await using project = await projectOf(WAITS);
    await expect(project.start("another")).rejects.toBeInstanceOf(ResourceNotFoundException);
    await expect(project.start("")).rejects.toBeInstanceOf(InvalidInputException);
    expect(project.builds.started()).toBe(0);
  });

  it("hands on what a build writes, line by line, errors as well", async () => {
    await using project = await projectOf(`console.log("out\\nmore"); console.error("err");`);
    await project.start();
    await Promise.all([project.line("out"), project.line("more"), project.line("err")]);
  });

  it("ends its build when it is closed", async () => {
    const project = await projectOf(`${WAITS}\nprocess.on("exit", () => console.log("never"));`);
    await project.start();
    await project.line("runs hello undefined");
    await project[Symbol.asyncDispose]();
    expect(project.lines).not.toContain("never");
    await expect(project.start()).rejects.toThrow();
  });
});
