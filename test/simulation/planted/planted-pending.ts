import type { PlantedBug } from "./planted-bugs.ts";

/** Bugs of accepted pushes: one that never ends, or ends without a receipt. */
export const PLANTED_PENDING: readonly PlantedBug[] = [
  {
    name: "the push of a request stays pending",
    file: "functions/copy/end-pushes.ts",
    find: "await pending.end(push, signal);",
    replace: "if (push.pushedAt === 0) await pending.end(push, signal);",
  },
  {
    name: "a push ends before its receipt is written",
    from: 11,
    file: "functions/copy/handler.ts",
    find: "const receipt = await receipts.write(about, receiptOf(report, context, runtime.now()), ending);",
    replace:
      "if (pushes.own !== undefined) await pending.end(pushes.own, ending);\n    const receipt = await receipts.write(about, receiptOf(report, context, runtime.now()), ending);",
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
    from: 124,
    file: "functions/probe/measure-pending.ts",
    find: "await resend([requestOf(push)], signal);",
    replace: "",
  },
  {
    name: "the end of a push is announced after the push has ended",
    from: 19,
    file: "functions/copy/end-pushes.ts",
    find: "if (announcement !== undefined) await announce(announcement, signal);",
    replace: "",
    and: {
      find: "  if (announcement !== undefined) countEnd(announcement, push, observer);",
      replace:
        "  if (announcement !== undefined) await announce(announcement, signal);\n  if (announcement !== undefined) countEnd(announcement, push, observer);",
    },
  },
];
