import { NEVER } from "../../../src/async/abort.ts";
import { refusal } from "../http/site.ts";
import { circuitCounts } from "./circuit-counts.ts";
import { openSmallLayer, SMALL_LAYER } from "./small-layer.ts";
import type { Scene } from "./stage.ts";
import { play } from "./stage.ts";

/** Failures that open the circuit of a destination, and failures that do not. */
export const CIRCUIT_SCENES: readonly Scene[] = [
  {
    name: "a destination that fails every write opens its circuit after few requests",
    play: () =>
      play({ reply: (service) => (service === "gar" ? refusal(500, "UNKNOWN") : undefined) }, async (stage) => {
        for (let call = 0; call < 20 && circuitCounts(stage).state === "closed"; call++) {
          const target = await stage.admitted("gar", call % 2 === 0 ? "app" : "web");
          await target.pushBlob(SMALL_LAYER, { open: openSmallLayer }, NEVER).catch(() => undefined);
          await stage.process.sleep(1_100);
        }
        stage.expect(circuitCounts(stage).state === "open", "the circuit stays closed");
        stage.expect(stage.requests("gar", "POST") <= 40, `${stage.requests("gar", "POST")} requests are sent`);
      }),
  },
  {
    name: "one failing repository does not open the circuit of its destination",
    play: () =>
      play(
        {
          reply: (service, { url }) =>
            service === "gar" && url.pathname.includes("/app/") ? refusal(500, "UNKNOWN") : undefined,
        },
        async (stage) => {
          for (let call = 0; call < 30; call++) {
            const target = await stage.admitted("gar", call % 5 === 0 ? "web" : "app");
            await target.pushBlob(SMALL_LAYER, { open: openSmallLayer }, NEVER).catch(() => undefined);
            await stage.process.sleep(1_100);
          }
          stage.expect(circuitCounts(stage).state === "closed", "the circuit is open");
        },
      ),
  },
];
