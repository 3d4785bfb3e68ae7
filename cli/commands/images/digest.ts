import type { Session } from "../../terminal/session.ts";
import { createRegistryCommand } from "../base.ts";

export function digestCommand(session: Session) {
  return createRegistryCommand("digest", "show the digest that a tag names now")
    .argument("<image>", "registry/repository:tag")
    .option("--platform <platform>", "of this one of a multi-platform image: os/arch or os/arch/variant")
    .action((image, given) =>
      session.run(given, async (terminal, signal) =>
        (await import("../../registry/digest.ts")).digest(image, given, terminal, signal),
      ),
    );
}
