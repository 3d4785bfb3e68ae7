import { run } from "../../cli/run.ts";
import { createScreen } from "../../cli/terminal/terminal.ts";
import type { Copier } from "./run-copy.ts";

/** `freightliner copy`, in this process. */
export const FREIGHTLINER: Copier = {
  name: "freightliner",
  async copy({ source, target, environment, allowed, platform }) {
    let output = "";
    const screen = createScreen({ write: (text: string) => (output += text) });
    const options = [
      ...(allowed === undefined ? [] : ["--allow-host", allowed]),
      ...(platform === undefined ? [] : ["--platform", platform]),
    ];
    const args = ["copy", source, target, ...options];
    const code = await run(
      args,
      { out: screen, err: screen, environment, ask: undefined },
      AbortSignal.timeout(600_000),
    );
    return { code, output };
  },
};
