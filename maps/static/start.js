// The start page: a file can be dropped, the check tells how far it has come, and what is wrong is told where one looks.

import { drawing } from "./draw.js";
import { connectSwitches, connectZoomButtons, keepInAddress, prepare } from "./interactive.js";
import { measuring } from "./measure.js";
import { searching } from "./places.js";
import { follow } from "./progress.js";

const form = document.getElementById("check");
const file = document.getElementById("file");
const drop = document.getElementById("drop");

document.documentElement.classList.add("js");

// ---- a file is dropped ----

for (const kind of ["dragenter", "dragover"]) {
  document.addEventListener(kind, (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    drop.classList.add("is-over");
  });
}
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) drop.classList.remove("is-over");
});
document.addEventListener("drop", (event) => {
  if (!event.dataTransfer?.files.length) return;
  event.preventDefault();
  drop.classList.remove("is-over");
  document.getElementById("way-file").checked = true;
  file.files = event.dataTransfer.files;
  file.dispatchEvent(new Event("change", { bubbles: true }));
});

// ---- the map ----

const { texts } = window.geomiljo.settings;
prepare(window.geomiljo, { label: texts.map, close: texts.close });
connectZoomButtons(window.geomiljo);
connectSwitches(window.geomiljo);
measuring(window.geomiljo);
keepInAddress(window.geomiljo);
searching(window.geomiljo);
drawing(window.geomiljo, (text) => { document.getElementById("drawn-told").textContent = text; }, (document_) => {
  document.getElementById("drawn").value = document_ ? JSON.stringify(document_) : "";
  if (document_) document.getElementById("way-drawn").checked = true;
});

follow(form);
