// Looking for a place from a map: what the service finds is listed below the field, and the map goes to what is chosen.

import { moves } from "./interactive.js";

const DEEPEST = 17;

/** Let the form `#place-form` look for places and move `map`. */
export function searching({ map }) {
  const form = document.getElementById("place-form");
  const panel = document.getElementById("places");

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const address = `${form.getAttribute("action")}?${new URLSearchParams(new FormData(form))}`;
    const answer = await fetch(address, { headers: { Accept: "text/html" } }).catch(() => null);
    const page = answer?.ok && new DOMParser().parseFromString(await answer.text(), "text/html");
    const found = page && page.getElementById("places");
    if (!found) {
      location.assign(address);
      return;
    }
    panel.replaceChildren(...document.adoptNode(found).childNodes);
    panel.hidden = false;
    const links = panel.querySelectorAll("[data-corners]");
    if (links.length === 1) go(links[0]);
  });

  panel.addEventListener("click", (event) => {
    const link = event.target.closest("[data-corners]");
    if (!link) return;
    event.preventDefault();
    go(link);
    close();
    map.getContainer().focus();
  });

  for (const part of [form, panel]) {
    part.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || panel.hidden) return;
      close();
      document.getElementById("place").focus();
    });
  }

  function go(link) {
    const [south, west, north, east] = link.dataset.corners.split(",").map(Number);
    map.fitBounds([[south, west], [north, east]], { maxZoom: DEEPEST, ...moves() });
  }

  function close() {
    panel.hidden = true;
  }
}
