// The result page: parts are swapped, findings are selected for export, and the link can be copied.

import { swapping } from "./swap.js";

document.documentElement.classList.add("js");
swapping();
