// Links and forms that change a part of the page: the address is fetched, and the part is taken from the answer.
// Without script they lead to the same address. Words come from the service and are parsed by the browser as a page.

/**
 * Let `data-swap="#id"` on links and GET forms replace the element with that id from the answer, and note the address.
 *
 * @param {(part: Element) => void} changed - called with each part that has come
 */
export function swapping(changed = () => {}) {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-swap]");
    if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    follow(link.href, link.dataset.swap, changed);
  });
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-swap]");
    if (!form || form.method !== "get") return;
    event.preventDefault();
    const fields = new URLSearchParams([...new FormData(form, event.submitter)].filter(([, value]) => value !== ""));
    follow(`${form.action.split("?")[0]}?${fields}`, form.dataset.swap, changed);
  });
  addEventListener("popstate", (event) => {
    if (asked() === shown) return; // another place of the same page
    shown = asked();
    if (event.state?.swap) show(location.href, event.state.swap, changed);
    else location.reload();
  });
}

const asked = () => location.pathname + location.search;
let shown = asked();

async function follow(address, place, changed) {
  if (!history.state?.swap) history.replaceState({ swap: place }, "", location.href);
  history.pushState({ swap: place }, "", address);
  shown = asked();
  await show(address, place, changed);
}

const KEPT_MS = 60_000;
const ahead = new Map(); // what was fetched ahead, by address
const OF_MAP = ["layers", "base", "view", "mode"]; // members that say nothing of the part

function keyOf(address) {
  const url = new URL(address, location.href);
  for (const name of OF_MAP) url.searchParams.delete(name);
  url.hash = "";
  return url.href;
}

async function fetched(address, place) {
  const answer = await fetch(address, { headers: { Accept: "text/html", "X-Swap": place } }).catch(() => null);
  if (!answer?.ok) return null;
  return new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(place);
}

/** Fetch what is likely to be wanted next, so that it is there at once; it is forgotten after a minute. */
export function fetchAhead(address, place) {
  const key = keyOf(address);
  if (ahead.has(key)) return;
  ahead.set(key, fetched(address, place));
  setTimeout(() => ahead.delete(key), KEPT_MS);
}

/** Replace the element at `place` by the one of the page at `address`; where that fails, go there. */
export async function show(address, place, changed = () => {}) {
  const before = document.querySelector(place);
  before.setAttribute("aria-busy", "true");
  const found = await (ahead.get(keyOf(address)) ?? fetched(address, place));
  if (!found) {
    location.assign(address);
    return;
  }
  const held = document.activeElement?.id;
  const part = document.importNode(found, true); // what was fetched ahead is wanted again
  part.classList.add("is-coming"); // what is seen first is laid out first, and the rest when that has been painted
  before.replaceWith(part);
  if (held && document.getElementById(held) !== document.activeElement) document.getElementById(held)?.focus();
  changed(part);
  requestAnimationFrame(() => setTimeout(() => part.classList.remove("is-coming")));
}
