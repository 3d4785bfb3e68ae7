import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { EXIT_CODES, ExitCode } from "../../cli/errors/exit-code.ts";
import { createProgram } from "../../cli/program.ts";
import { run } from "../../cli/run.ts";
import { createScreen } from "../../cli/terminal/terminal.ts";
import manifest from "../../package.json" with { type: "json" };
import { captureTerminal } from "../fixtures/processes/terminal.ts";
import { temporaryFolder } from "../fixtures/processes/programs.ts";

async function ran(...args: string[]) {
  const { terminal, out, err } = captureTerminal();
  const code = await run(args, terminal, new AbortController().signal);
  return { code, out: out(), err: err() };
}

const program = createProgram({ run: () => Promise.resolve() }, createScreen({ write: () => undefined }));

describe("the command line", () => {
  it("shows all commands and exit codes for --help, or without arguments", async () => {
    const help = await ran("help");
    expect(help).toMatchObject({ code: ExitCode.ok, err: "" });
    expect(await ran()).toEqual(help);
    expect(await ran("--help")).toEqual(help);
    for (const command of program.commands) expect(help.out).toContain(`  ${command.name()}`);
    for (const [code, meaning] of EXIT_CODES) expect(help.out).toContain(`  ${String(code).padEnd(4)} ${meaning}\n`);
  });

  it.each(program.commands.map((command) => [command.name(), command] as const))(
    "has help for %s that names each of its options and arguments",
    async (name, command) => {
      const { code, out } = await ran(name, "--help");
      expect(code).toBe(ExitCode.ok);
      expect(await ran("help", name)).toEqual({ code, out, err: "" });
      for (const { flags } of command.options) expect(out).toContain(`  ${flags}`);
      for (const argument of command.registeredArguments) expect(out).toContain(`  ${argument.name()}`);
    },
  );

  // Options of a command that has others would be taken from these.
  const run = program.commands.flatMap((command) => (command.commands.length === 0 ? [command] : command.commands));
  it.each(run.map((command) => [command.name(), command] as const))(
    "lets %s be quiet, or verbose, or speak JSON",
    (_name, command) => {
      const options = command.options.map(({ long }) => long);
      expect(options).toEqual(expect.arrayContaining(["--json", "--quiet", "--verbose"]));
    },
  );

  it("has the version of the package", async () => {
    expect(await ran("--version")).toEqual({ code: ExitCode.ok, out: `${manifest.version}\n`, err: "" });
  });

  it.each([
    [["coppy"], "unknown command 'coppy'; did you mean copy?", "freightliner --help"],
    [
      ["copy", "a", "b", "--dry-rum"],
      "unknown option '--dry-rum'; did you mean --dry-run?",
      "freightliner copy --help",
    ],
    [
      ["config", "validat", "x.yaml"],
      "'validat' is invalid for argument 'command'. Allowed choices are validate, show, explain.",
      "freightliner config --help",
    ],
    [["copy", "a"], "missing required argument 'target'", "freightliner copy --help"],
    [
      ["verify", "a", "b", "c"],
      "too many arguments for 'verify'. Expected 2 arguments but got 3: a, b, c.",
      "verify --help",
    ],
    [["copy", "a", "b", "--jobs", "0"], "It takes a whole number from 1 to 128.", "freightliner copy --help"],
    [["copy", "a", "b", "--parallel", "65"], "It takes a whole number from 1 to 64.", "freightliner copy --help"],
    [["cost", "--overlap", "2"], "It takes a number from 0 to 1.", "freightliner cost --help"],
    [["cost", "--images", "many"], "It takes a number from 0 to 1000000000.", "freightliner cost --help"],
    [["redrive", "--class", "weather"], "Allowed choices are message, configuration, image", "redrive --help"],
    [["cost", "--quiet", "--verbose"], "option '--quiet' cannot be used with option '--verbose'", "cost --help"],
  ])("refuses %j once, with a reason and a way on", async (args, reason, help) => {
    const { code, out, err } = await ran(...args);
    expect([code, out]).toEqual([ExitCode.usage, ""]);
    expect(err.split("\n")).toEqual([
      expect.stringContaining(reason),
      expect.stringContaining(`${help}" for usage`),
      "",
    ]);
    expect(err).not.toMatch(/error:|<-|\n {4}at /);
  });

  it("reports an error as JSON when JSON is requested", async () => {
    const { err } = await ran("copy", "a", "--json");
    expect(JSON.parse(err)).toEqual({ error: { problem: "missing required argument 'target'" } });
  });

  it("escapes control characters of its arguments", async () => {
    const { err } = await ran("\u001B[2Jcopy");
    expect(err).toContain(String.raw`unknown command '\u001b[2Jcopy'`);
  });

  it("loads neither registry nor cloud clients for help", () => {
    const loaded = new Set<string>();
    const visit = (path: string): void => {
      if (loaded.has(path)) return;
      loaded.add(path);
      const text = readFileSync(path, "utf8");
      for (const [, specifier = ""] of text.matchAll(/^(?:import|export) (?!type).*? from "(\.[^"]+\.ts)";$/gms)) {
        visit(join(path, "..", specifier));
      }
    };
    visit("cli/main.ts");
    expect([...loaded].filter((path) => !path.startsWith("cli/")).toSorted()).toEqual([
      "src/contract/version/version.ts",
      "src/oci/errors/printable.ts",
      "src/replication/outcome/failure-class.ts",
      "src/replication/pending/month.ts",
    ]);
    expect(loaded.size).toBeLessThan(45);
  });

  it("has its exit codes in the documentation, each with its meaning", () => {
    const rows = [...readFileSync("docs/use/cli.md", "utf8").matchAll(/^\| (\d+) \| (.+) \|$/gm)];
    expect(rows.map(([, code, meaning]) => [Number(code), meaning])).toEqual(EXIT_CODES.map((row) => [...row]));
  });
});

describe("completion", () => {
  async function completed(...words: string[]): Promise<string[]> {
    await using folder = await temporaryFolder();
    const { out } = await ran("completion", "bash");
    const script = `${out}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _freightliner; printf '%s\\n' "\${COMPREPLY[@]}"\n`;
    const file = join(folder.path, "completion.sh");
    await writeFile(file, script);
    return await new Promise((resolve, reject) => {
      execFile("bash", [file, "freightliner", ...words], (error, stdout) =>
        error === null ? resolve(stdout.trim().split("\n")) : reject(error),
      );
    });
  }

  it("offers commands, options, and the values of an option", async () => {
    expect(await completed("co")).toEqual(expect.arrayContaining(["copy", "cost", "completion"]));
    expect(await completed("copy", "--d")).toEqual(["--dry-run"]);
    expect(await completed("google-setup", "--format", "")).toEqual(["gcloud", "terraform"]);
    expect(await completed("completion", "z")).toEqual(["zsh"]);
    expect(await completed("help", "red")).toEqual(["redrive"]);
  });

  it.each(["bash", "zsh", "fish"])("for %s knows every command and option", async (shell) => {
    const { code, out } = await ran("completion", shell);
    expect(code).toBe(ExitCode.ok);
    for (const command of program.commands) {
      expect(out).toContain(command.name());
      for (const { long } of command.options) expect(out).toContain((long ?? "").slice(2));
    }
  });
});

describe("the process", () => {
  const shell = (script: string): Promise<{ code: number; stderr: string }> =>
    new Promise((resolve) => {
      execFile("bash", ["-c", script], { env: { ...process.env, NODE: process.execPath } }, (error, _stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code), stderr }),
      );
    });

  it("reports a full disk once, without a stack trace", async () => {
    expect(await shell('"$NODE" cli/main.ts cost > /dev/full')).toEqual({
      code: ExitCode.failed,
      stderr:
        "freightliner: the output cannot be written: no space is left on the device (ENOSPC); free some space, then run the command again\n",
    });
    expect(await shell('"$NODE" cli/main.ts coppy 2> /dev/full')).toMatchObject({ code: ExitCode.usage });
  });

  it("ends silently when the reader of its output has closed the pipe", async () => {
    const child = spawn(process.execPath, ["cli/main.ts", "help"], { stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.destroy();
    let stderr = "";
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    expect(await once(child, "close")).toEqual([ExitCode.brokenPipe, null]);
    expect(stderr).toBe("");
  });

  it.each([
    ["SIGINT", ExitCode.interrupted, "interrupted"],
    ["SIGTERM", ExitCode.terminated, "terminated"],
  ] as const)("ends on %s wherever it is, and says so", async (signal, code, said) => {
    const asked = Promise.withResolvers<void>();
    const server = createServer(() => asked.resolve());
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address() as AddressInfo;
    const args = ["cli/main.ts", "copy", `127.0.0.1:${port}/a:v1`, `127.0.0.1:${port}/b`];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
    let stderr = "";
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    await asked.promise;
    child.kill(signal);
    expect(await once(child, "close")).toEqual([code, null]);
    expect(stderr).toBe(`freightliner: ${said}\n`);
    server.closeAllConnections();
    server.close();
  });
});
