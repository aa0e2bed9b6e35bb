// Choosing from an upload: the check tells how far it has come.

import { follow } from "./progress.js";

document.documentElement.classList.add("js");
follow(document.getElementById("check"));
