// Choosing from an upload: the check tells how far it has come.

import { connectSwitches, connectZoomButtons, prepare } from "./interactive.js";
import { measuring } from "./measure.js";
import { follow } from "./progress.js";

document.documentElement.classList.add("js");
follow(document.getElementById("check"));
if (window.geomiljo) {
  const { texts } = window.geomiljo.settings;
  prepare(window.geomiljo, { label: texts.map, close: texts.close });
  connectZoomButtons(window.geomiljo);
  connectSwitches(window.geomiljo);
  measuring(window.geomiljo);
}
