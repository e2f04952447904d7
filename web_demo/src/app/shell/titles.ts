/** Names of the tabs: known before the views are loaded. */

import { say } from "./i18n";
import type { ViewId } from "./view";

type Titles = Readonly<Record<ViewId, string>>;

const en: Titles = { classify: "Classify", compare: "Compare", inside: "Look inside", about: "About" };
const es: Titles = { classify: "Clasificar", compare: "Comparar", inside: "Por dentro", about: "Acerca de" };

export function titles(): Map<ViewId, string> {
  return new Map(Object.entries(say({ en, es })) as [ViewId, string][]);
}
