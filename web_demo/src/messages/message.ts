/** Messages in English, and as whole sentences for people. */

import { ENGLISH } from "./en";
import { FRIENDLY } from "./friendly";
import { type Code, text, told, type Told } from "./text";

export { type Code, text, told, type Told };

export const english = (message: Told): string => text(message, ENGLISH, "en");

/** The whole sentence that tells a message about a photo; the message itself where it is one already. */
export function friendly(message: Told): Told {
  const name = (FRIENDLY as Readonly<Record<string, string>>)[message.code];
  const detail = message.parameters["reason"] ?? message;
  return name === undefined ? message : told(`friendly.${name}` as Code, { ...message.parameters, detail });
}
