/** The page's entry. */

import { start } from "./shell/shell";

void start(document.baseURI);
