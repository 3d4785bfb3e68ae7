import { addressOf } from "../use-route.ts";

/** The name of a tag, which leads to its page. */
export function TagLink({ tag }: { readonly tag: string }) {
  return (
    <a class="tag" href={addressOf("tag", tag)}>
      {tag}
    </a>
  );
}
