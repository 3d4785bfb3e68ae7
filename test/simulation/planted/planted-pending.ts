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
    find: "if (!read.pushed.isUntagged) await acceptAll(requests, read.pushed.digest, dependencies, signal);",
    replace: "",
    and: {
      find: "    await preCopies;\n",
      replace:
        "    await preCopies;\n    if (!read.pushed.isUntagged) await acceptAll(requests, read.pushed.digest, dependencies, signal);\n",
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
  {
    name: "a push of the image that a comparison has brought waits for its own message",
    by: "scenes",
    scene: "a push whose copy was killed ends when a request of a comparison has brought its image, and once",
    file: "functions/copy/end-pushes.ts",
    find: "(digest !== undefined && digest === arrived)",
    replace: "(digest === undefined && arrived === undefined)",
  },
  {
    name: "a push waits for its own message although a newer one of its tag has ended",
    by: "scenes",
    scene: "a push whose copy was killed ends with a newer push of its tag, and each once",
    file: "functions/copy/end-pushes.ts",
    find: "pushedAt > 0 && pushedAt < newestAt",
    replace: "pushedAt > 0 && pushedAt < 0 * newestAt",
  },
];
