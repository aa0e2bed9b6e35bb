// A page that has no module of its own: its button copies its address.

import { copiesAddress } from "./interactive.js";

const copy = document.getElementById("copy");
const status = document.getElementById("status");
copiesAddress(copy, (words) => { copy.lastChild.textContent = words; status.textContent = words; });
document.documentElement.classList.add("js");
