/** What the view says: one file a language, for there is much to explain. */

import { en } from "./en";
import { es } from "./es";

export const words = { en, es };
