import { useEffect, useState } from "preact/hooks";

/** A page of the console, and what it is about: `#/tags/local%2Fapp%3Av1`. */
export interface Route {
  readonly page: string;
  readonly about: string | undefined;
}

function readRoute(): Route {
  const [page = "", about] = location.hash.replace(/^#\/?/, "").split("/");
  try {
    return { page, about: about === undefined ? undefined : decodeURIComponent(about) };
  } catch {
    // Someone has typed half an escape.
    return { page, about: undefined };
  }
}

/** The address of a page. */
export function addressOf(page: string, about?: string): string {
  return about === undefined ? `#/${page}` : `#/${page}/${encodeURIComponent(about)}`;
}

export function useRoute(): Route {
  const [route, setRoute] = useState(readRoute);
  useEffect(() => {
    const change = (): void => setRoute(readRoute());
    addEventListener("hashchange", change);
    return () => removeEventListener("hashchange", change);
  }, []);
  return route;
}
