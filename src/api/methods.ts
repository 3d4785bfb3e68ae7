import type { Api } from "./protocol/api-environment.ts";

/** Methods that a path of the API has. Empty: there is no such path. */
export function allowedMethods(api: Pick<Api, "openAPIRegistry">, path: string): string[] {
  const routes = api.openAPIRegistry.definitions.flatMap((definition) =>
    definition.type === "route" ? [definition.route] : [],
  );
  const methods = routes.filter((route) => patternOf(route.path).test(path)).map(({ method }) => method.toUpperCase());
  if (path === "/openapi.json") methods.push("GET");
  return methods.includes("GET") ? [...methods, "HEAD"] : methods;
}

function patternOf(path: string): RegExp {
  const parts = path.split("/").map((part) => (part.startsWith("{") ? "[^/]+" : part.replaceAll(".", "\\.")));
  return new RegExp(`^${parts.join("/")}$`);
}
