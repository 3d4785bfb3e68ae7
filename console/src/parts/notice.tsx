import type { ComponentChildren } from "preact";
import type { Live } from "../use-live.ts";

/** What a part of a page has before there is an answer, and what it says when there cannot be one. */
export function Answered<Answer>({
  live,
  children,
}: {
  readonly live: Live<Answer>;
  readonly children: (answer: Answer) => ComponentChildren;
}) {
  if (live.answer !== undefined && !live.isEarlier) return <>{children(live.answer)}</>;
  if (live.problem !== undefined)
    return (
      <p class="problem" role="alert">
        {live.problem}
      </p>
    );
  return <p class="none">Reading …</p>;
}

/** A list that has nothing in it. */
export function Nothing({ children }: { readonly children: ComponentChildren }) {
  return <p class="none">{children}</p>;
}
