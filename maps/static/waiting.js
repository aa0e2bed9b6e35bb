// A check in the background: the page looks how far it has come, and goes to the result when there is one.

import { show } from "./swap.js";

const EVERY_MS = 2_000;

async function look() {
  if (document.getElementById("waiting")?.dataset.isUnderWay === undefined) return;
  if (!document.hidden) await show(location.href, "#waiting");
  setTimeout(look, EVERY_MS);
}

setTimeout(look, EVERY_MS);
