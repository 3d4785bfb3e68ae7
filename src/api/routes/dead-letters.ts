import { createRoute } from "@hono/zod-openapi";
import { z } from "../zod/z.ts";
import { compileGlobs, globProblem } from "../../contract/patterns/glob.ts";
import { FAILURE_CLASSES } from "../../replication/outcome/failure-class.ts";
import { selectLetters } from "../../wiring/letters/redrive-letters.ts";
import type { LetterSelection } from "../../wiring/letters/letter-selection.ts";
import type { RedrivenLetter } from "../../wiring/letters/redrive-letters.ts";
import type { ApiPorts } from "../protocol/api-ports.ts";
import type { Api } from "../protocol/api-environment.ts";
import { jsonBody } from "../protocol/json-body.ts";
import { problems } from "../protocol/problem.ts";
import { DeadLetters } from "../schemas/dead-letter.ts";
import { MOST_IDS } from "../schemas/most-ids.ts";
import type { DeadLetter } from "../schemas/dead-letter.ts";

/** A pattern that takes too long to match would keep the function busy. */
const Glob = z
  .string()
  .min(1)
  .max(256)
  .superRefine((pattern, context) => {
    const problem = globProblem(pattern);
    if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
  });

/** Which letters: all of these, and without a field any. */
const Selection = z.object({
  ids: z
    .array(z.string().max(128))
    .max(MOST_IDS)
    .default([])
    .openapi({ description: "Ids of letters, as the preview has them: letters that came after it stay." }),
  classes: z.array(z.enum(FAILURE_CLASSES)).max(FAILURE_CLASSES.length).default([]),
  reasons: z.array(z.string().max(128)).max(100).default([]),
  repositories: z.array(Glob).max(100).default([]).openapi({ description: "Globs of repositories at the source." }),
});

const preview = createRoute({
  method: "get",
  path: "/api/dead-letters",
  summary: "All dead letters; they stay where they are",
  description:
    "The letters are hidden from other readers while the request runs: a redrive beside it may not see them.",
  responses: { 200: jsonBody("The letters.", DeadLetters), ...problems() },
});

const redrive = createRoute({
  method: "post",
  path: "/api/dead-letters/redrive",
  summary: "Moves dead letters back to their queues, for operators",
  request: { body: { required: true, content: { "application/json": { schema: Selection } } } },
  responses: {
    200: jsonBody("The selected letters. One that was not moved says why.", DeadLetters),
    ...problems(413, 415),
  },
});

/** Characters of a message that is no request. */
const EXCERPT = 80;

function letterOf({ letter, request, isMoved, problem }: RedrivenLetter): DeadLetter {
  const { id, class: failureClass, reason, error, deadLetteredAt, body } = letter;
  const about =
    request === undefined
      ? { excerpt: body.slice(0, EXCERPT) }
      : { destination: request.destination, repository: request.repository, reference: request.reference };
  return {
    id,
    class: failureClass,
    reason,
    error,
    ...about,
    failedAt: deadLetteredAt,
    redriven: isMoved,
    ...(problem === undefined ? {} : { problem }),
  };
}

function selectionOf({ ids, classes, reasons, repositories }: z.infer<typeof Selection>): LetterSelection {
  return { ids, classes, reasons, matches: repositories.length === 0 ? () => true : compileGlobs(repositories) };
}

/** Dead letters: what they say, and back to their queues. */
export function addDeadLetterRoutes(api: Api, { operations }: Pick<ApiPorts, "operations">): void {
  api.openapi(preview, async (context) => {
    const everything = { ids: [], classes: [], reasons: [], matches: () => true };
    const { all, selected } = await selectLetters(everything, { go: false }, operations);
    return context.json({ all, selected: selected.map(letterOf) }, 200);
  });
  api.openapi(redrive, async (context) => {
    const selection = selectionOf(context.req.valid("json"));
    const { all, selected } = await selectLetters(selection, { go: true }, operations);
    return context.json({ all, selected: selected.map(letterOf) }, 200);
  });
}
