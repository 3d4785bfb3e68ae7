import { ANSWERS } from "./answers.ts";
import { IMAGES } from "./images.ts";
import { LOGINS } from "./logins.ts";
import type { Odd } from "./odd.ts";
import { REFERRERS } from "./referrers.ts";
import { UPLOADS } from "./uploads.ts";

/** Registries that each behave unusually in one way. */
export const ODD_REGISTRIES: readonly Odd[] = [...LOGINS, ...ANSWERS, ...IMAGES, ...REFERRERS, ...UPLOADS];
