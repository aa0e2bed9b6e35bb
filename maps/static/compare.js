// Two maps beside each other, each a page of its own in a frame: what one shows, the other shows.

const frames = [...document.querySelectorAll("iframe.cmpmap")];

/** Return the map of a frame, when it is there. */
const mapOf = (frame) =>
  new Promise((resolve) => {
    const look = () => {
      const map = frame.contentWindow?.geomiljo?.map;
      if (map) resolve(map);
      else setTimeout(look, 100);
    };
    look();
  });

const maps = await Promise.all(frames.map(mapOf));
let moving = false;

function follow(one) {
  if (moving) return;
  moving = true;
  for (const other of maps) if (other !== one) other.setView(one.getCenter(), one.getZoom(), { animate: false });
  moving = false;
}

for (const map of maps) map.on("move zoomend", () => follow(map));
follow(maps[0]);
document.documentElement.classList.add("js");
