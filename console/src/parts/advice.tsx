import { adviceOn } from "../failure-advice.ts";

/** What to do about the failure of a copy; nothing after another outcome. @param outcome `failed: target-denied`. */
export function Advice({ outcome }: { readonly outcome: string }) {
  return <AdviceOn reason={/^failed: (.+)$/.exec(outcome)?.[1]} />;
}

/** What to do about a failure; nothing for a reason without advice. */
export function AdviceOn({ reason = "" }: { readonly reason: string | undefined }) {
  const advice = adviceOn(reason);
  return advice === undefined ? null : <p class="advice">What to do: {advice}.</p>;
}
