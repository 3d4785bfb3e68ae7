import { basicAuthorization } from "../../local/access/basic-authorization.ts";
import type { Odd, OddLogin } from "./odd.ts";
import { json, refusal } from "./odd-registry.ts";
import type { Answered, Asked, Oddity } from "./odd-registry.ts";

const BASIC = { kind: "basic", username: "user", password: "pass-word" } as const satisfies OddLogin;
const IDENTITY: OddLogin = { kind: "identity-token", token: "refresh-me" };
const TOKEN = "an-access-token";
const DOCUMENT = "https://distribution.github.io/distribution/spec/auth/token/";

const basicHeader = basicAuthorization(BASIC);

interface TokenLogin {
  /** The WWW-Authenticate headers for a request without a token. */
  readonly challenge?: (realm: string, asked: Asked) => string | string[];
  /** The answer of the token server; by default a token for the right credentials. */
  readonly answer?: (asked: Asked) => Answered;
  /** The answer of the registry to Basic credentials that it did not ask for. */
  readonly early?: Answered;
  /** The registry accepts the password, too. */
  readonly takesBasic?: boolean;
  /** Whether a token authorizes a request. */
  readonly accepts?: (token: string, asked: Asked) => boolean;
}

/** A registry whose token server is on the same origin. */
function tokenLogin(login: TokenLogin): Oddity {
  return (asked, next, self) => {
    const path = asked.url.split("?")[0] ?? "";
    if (["/token", "/moved"].includes(path)) return tokenAnswer(asked, login);
    const authorization = String(asked.headers["authorization"] ?? "");
    if (authorization.startsWith("Basic ") && login.early !== undefined) return login.early;
    if (isAccepted(authorization, asked, login)) return next(asked);
    const realm = `http://${self}/token`;
    const challenge = login.challenge?.(realm, asked) ?? bearer(realm, scopeOf(asked));
    return refusal(401, "UNAUTHORIZED", { "www-authenticate": challenge });
  };
}

function isAccepted(authorization: string, asked: Asked, { takesBasic, accepts }: TokenLogin): boolean {
  if (takesBasic === true && authorization === basicHeader) return true;
  const token = /^Bearer (.+)$/.exec(authorization)?.[1];
  return token !== undefined && (accepts?.(token, asked) ?? token === TOKEN);
}

const bearer = (realm: string, scope?: string): string =>
  `Bearer realm="${realm}",service="odd"${scope === undefined ? "" : `,scope="${scope}"`}`;

function scopeOf({ url, method }: Asked): string | undefined {
  const name = /^\/v2\/(.+?)\/(?:manifests|blobs|tags|referrers)\//.exec(url)?.[1];
  const actions = method === "GET" || method === "HEAD" ? "pull" : "pull,push";
  return name === undefined ? undefined : `repository:${name}:${actions}`;
}

function tokenAnswer(asked: Asked, { answer }: TokenLogin): Answered {
  const right = asked.headers["authorization"] === basicHeader;
  if (!right && answer === undefined) return refusal(401, "UNAUTHORIZED");
  return answer?.(asked) ?? json({ token: TOKEN, expires_in: 300 });
}

const whenRight = (asked: Asked, answered: Answered): Answered =>
  asked.headers["authorization"] === basicHeader ? answered : refusal(401, "UNAUTHORIZED");

/** Unusual logins. */
export const LOGINS: readonly Odd[] = [
  {
    name: "answers 403 to a password it did not ask for",
    seenAt: "ghcr.io",
    source: "https://github.com/orgs/community/discussions/26279",
    side: "source",
    login: BASIC,
    oddity: () => tokenLogin({ early: refusal(403, "DENIED") }),
  },
  {
    name: "answers 400 to a password it did not ask for",
    seenAt: "public.ecr.aws",
    source: "https://docs.aws.amazon.com/AmazonECR/latest/public/public-registry-auth.html",
    side: "source",
    login: BASIC,
    oddity: () => tokenLogin({ early: refusal(400, "UNSUPPORTED") }),
  },
  {
    name: "asks for Negotiate, Basic and Bearer in lines of their own",
    seenAt: "Artifactory, Nexus behind Kerberos",
    source: "RFC 9110, section 11.6.1",
    side: "source",
    login: BASIC,
    oddity: () =>
      tokenLogin({
        takesBasic: true,
        challenge: (realm, asked) => ["Negotiate", 'Basic realm="odd"', bearer(realm, scopeOf(asked))],
      }),
  },
  {
    name: "asks for two schemes in one line",
    seenAt: "Artifactory",
    source: "RFC 9110, section 11.6.1",
    side: "source",
    login: BASIC,
    oddity: () =>
      tokenLogin({
        takesBasic: true,
        challenge: (realm, asked) => `Basic realm="odd, or not", ${bearer(realm, scopeOf(asked))}`,
      }),
  },
  {
    name: "knows only a password",
    seenAt: "Nexus, docker-registry with htpasswd",
    source: "RFC 7617",
    side: "target",
    login: BASIC,
    oddity: () => (asked, next) =>
      asked.headers["authorization"] === basicHeader
        ? next(asked)
        : refusal(401, "UNAUTHORIZED", { "www-authenticate": 'Basic realm="odd"' }),
  },
  {
    name: "gives a token that expires in 0 seconds, as access_token beside an empty token",
    seenAt: "Artifactory, Azure Container Registry",
    source: DOCUMENT,
    side: "source",
    login: BASIC,
    oddity: () =>
      tokenLogin({ answer: (asked) => whenRight(asked, json({ token: "", access_token: TOKEN, expires_in: 0 })) }),
  },
  {
    name: "gives a token whose times are null",
    seenAt: "token servers written in Go",
    source: DOCUMENT,
    side: "source",
    login: BASIC,
    oddity: () =>
      tokenLogin({ answer: (asked) => whenRight(asked, json({ token: TOKEN, expires_in: null, issued_at: null })) }),
  },
  {
    name: "redirects the request for a token within its host",
    seenAt: "Harbor behind a proxy",
    source: DOCUMENT,
    side: "source",
    login: BASIC,
    oddity: () =>
      tokenLogin({
        answer: (asked) =>
          asked.url.startsWith("/moved")
            ? whenRight(asked, json({ token: TOKEN, expires_in: 300 }))
            : { status: 307, headers: { location: `/moved?${asked.url.split("?")[1] ?? ""}` }, body: Buffer.alloc(0) },
      }),
  },
  {
    name: "takes an identity token for an access token",
    seenAt: "Azure Container Registry, Docker Hub",
    source: "https://distribution.github.io/distribution/spec/auth/oauth/",
    side: "source",
    login: IDENTITY,
    oddity: () =>
      tokenLogin({
        answer: ({ method, body }) => {
          const form = new URLSearchParams(body.toString());
          const right = method === "POST" && form.get("refresh_token") === IDENTITY.token;
          return right ? json({ access_token: TOKEN, expires_in: 300 }) : refusal(401, "UNAUTHORIZED");
        },
      }),
  },
  {
    name: "makes a new repository only for a token that may push from the first question on",
    seenAt: "quay.io, ghcr.io",
    source: "https://github.com/containers/skopeo/issues/1465",
    side: "target",
    login: BASIC,
    oddity: createsOnPush,
  },
  {
    name: "has its token server at another host, which was not named",
    seenAt: "self-hosted registries, GitLab",
    source: DOCUMENT,
    side: "source",
    login: BASIC,
    refusal: "--allow-host",
    oddity: () =>
      tokenLogin({
        challenge: (realm, asked) => bearer(realm.replace("127.0.0.1", "localhost"), scopeOf(asked)),
        answer: (asked) => whenRight(asked, json({ token: TOKEN, expires_in: 300 })),
      }),
  },
  {
    name: "forgets a token after three requests and answers 403",
    seenAt: "registries with short tokens",
    source: DOCUMENT,
    side: "source",
    login: BASIC,
    oddity: () => {
      let left = 0;
      let issued = 0;
      return tokenLogin({
        answer: (asked) => {
          left = 3;
          return whenRight(asked, json({ token: `token-${++issued}`, expires_in: 300 }));
        },
        accepts: (token) => token === `token-${issued}` && left-- > 0,
      });
    },
  },
];

/** Denies an absent repository to tokens that may only pull, as if it were private. */
function createsOnPush(): Oddity {
  const granted = new Map<string, boolean>();
  return tokenLogin({
    answer: (asked) => {
      const token = `token-${granted.size}`;
      const scopes = new URL(asked.url, "http://odd").searchParams.getAll("scope").join(" ");
      granted.set(token, scopes.includes("push"));
      return whenRight(asked, json({ token, expires_in: 300 }));
    },
    accepts: (token) => granted.get(token) === true,
    challenge: (realm) => bearer(realm),
  });
}
