import { NEVER } from "../../../src/async/abort.ts";
import { parseTag } from "../../../src/oci/reference.ts";
import { refusal } from "../http/site.ts";
import type { Scene } from "./stage.ts";
import { play } from "./stage.ts";

const TAG = parseTag("v1");

/** Challenges, and logins that requests share. */
export const LOGIN_SCENES: readonly Scene[] = [
  {
    name: "a challenge that leads to no token is forgotten",
    play() {
      let isFirst = true;
      return play(
        {
          reply(service, { url }) {
            if (service !== "source") return undefined;
            if (url.pathname === "/odd") return refusal(503, "UNAVAILABLE");
            if (!isFirst) return undefined;
            isFirst = false;
            return refusal(401, "UNAUTHORIZED", { "www-authenticate": `Bearer realm="https://${url.host}/odd"` });
          },
        },
        async (stage) => {
          const { source } = stage.open("gar");
          await source.resolve(TAG, NEVER).catch(() => undefined);
          await stage.process.sleep(60_000);
          await source.resolve(TAG, NEVER);
        },
      );
    },
  },
  {
    name: "a login that several requests wait for survives the abort of the first one",
    play: () =>
      play({}, async (stage) => {
        const { target } = stage.open("gar");
        const impatient = new AbortController();
        const first = target.resolve(TAG, impatient.signal).catch(() => undefined);
        const others = Array.from({ length: 64 }, () => target.resolve(TAG, NEVER));
        stage.world.time.after(1, () => impatient.abort(new Error("aborted")));
        await Promise.all([first, ...others]);
      }),
  },
];
