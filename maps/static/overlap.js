// How many interests cover each spot: a click on the map tells the number there.

import { connectZoomButtons, keepInAddress, prepare } from "./interactive.js";

const handed = window.geomiljo;
const { texts } = handed.settings;

document.documentElement.classList.add("js");
prepare(handed, { label: texts.map, close: texts.close });
connectZoomButtons(handed);
keepInAddress(handed);
for (const group of handed.shapes) {
  group.on("click", (event) => {
    const { count } = (event.layer ?? event.propagatedFrom).feature.properties;
    document.getElementById("spot").textContent = texts.interests.replace("{count}", count);
  });
}
