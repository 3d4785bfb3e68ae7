import type { PlantedBug } from "./planted-bugs.ts";

/** Bugs of accepted pushes: one that never ends, or ends without a receipt. */
export const PLANTED_PENDING: readonly PlantedBug[] = [
  {
    name: "the push of a request stays pending",
    file: "functions/copy/end-pushes.ts",
    find: "if (own !== undefined) await pending.end(own, signal);",
    replace: "if (own?.pushedAt === 0) await pending.end(own, signal);",
  },
  {
    name: "a push ends before its receipt is written",
    from: 11,
    file: "functions/copy/handler.ts",
    find: "const receipt = await receipts.write(about, receiptOf(report, context, now()), ending);",
    replace:
      "if (pushes.own !== undefined) await pending.end(pushes.own, ending);\n    const receipt = await receipts.write(about, receiptOf(report, context, now()), ending);",
  },
  {
    name: "a push is accepted after its request is sent",
    file: "functions/fan-out/handler.ts",
    find: "if (!read.pushed.isUntagged) await acceptAll(requests, dependencies, signal);",
    replace: "",
    and: {
      find: "    await preCopies;\n",
      replace:
        "    await preCopies;\n    if (!read.pushed.isUntagged) await acceptAll(requests, dependencies, signal);\n",
    },
  },
  {
    name: "a push whose request was never sent is not requested again",
    from: 110,
    file: "functions/probe/measure-pending.ts",
    find: "await resend([requestOf(push)], signal);",
    replace: "",
  },
];
