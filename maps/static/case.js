// A plan under review: what the map draws, and drafts that are saved as one writes.
//
// Whatever is written is kept in the browser until the service has it: a session that has ended, a lost connection or a
// closed window lose nothing. A draft that another window has changed is never overwritten; both texts are shown.
// Words come from the page and are only ever set as text.

import { SheetMap, connectZoomButtons, keepInAddress, setInAddress } from "./interactive.js";

const handed = window.geomiljo;
const { texts } = handed.settings;
const { api, writer, signIn } = document.getElementById("module").dataset;
const items = [...document.querySelectorAll("#list > li")];
const status = document.getElementById("status");
const PAUSE_MS = 700;
const KEYS = { j: 1, k: -1 };

document.documentElement.classList.add("js");

// ---- the map ----

const sheet = new SheetMap(handed, { label: texts.map, close: texts.close });
const chip = document.getElementById("chip");

function select(item) {
  const id = item?.dataset.finding ?? null;
  sheet.select(id);
  chip.hidden = !id;
  if (id) {
    chip.querySelector(".fid").textContent = id.toUpperCase();
    chip.querySelector(".mapchip__t").textContent = item.querySelector(".finding__title").textContent;
  }
  status.textContent = id ? texts.shown.replace("{number}", id.toUpperCase()) : texts.all;
}

function followMap() {
  connectZoomButtons(handed);
  keepInAddress(handed);
  sheet.onChange(() => {
    for (const item of items) item.querySelector("[data-toggle]")?.setAttribute("aria-pressed", String(!sheet.hidden.has(item.dataset.finding)));
  });
  sheet.onFinding((id) => {
    const item = document.getElementById(id);
    if (!item) return;
    item.querySelector("details").open = true;
    item.scrollIntoView({ block: "nearest" });
    select(item);
  });
  chip.querySelector("button").addEventListener("click", () => select(null));
  for (const item of items) {
    item.querySelector("[data-toggle]")?.addEventListener("click", () => sheet.toggle(item.dataset.finding));
    item.querySelector("[data-zoom]")?.addEventListener("click", () => {
      select(item);
      sheet.zoomTo(item.dataset.finding);
    });
    item.querySelector("details").addEventListener("toggle", ({ target }) => {
      if (target.open && item.dataset.finding) select(item);
    });
  }
}

// What the map shows of the plan then and now; the stylesheet draws it.
function followSides() {
  const boxes = [...document.querySelectorAll("[name=side]")];
  const show = (side) => {
    sheet.map.getContainer().dataset.side = side;
    for (const group of handed.before) side === "before" ? group.addTo(sheet.map) : group.remove();
  };
  const asked = boxes.find(({ value }) => value === new URLSearchParams(location.search).get("side"));
  if (asked) asked.checked = true;
  for (const box of boxes) {
    if (box.checked) show(box.value);
    box.addEventListener("change", () => {
      show(box.value);
      setInAddress({ side: box.defaultChecked ? "" : box.value });
    });
  }
}

// ---- keys ----

document.getElementById("list").addEventListener("keydown", (event) => {
  const by = KEYS[event.key.toLowerCase()];
  const isWriting = event.target.closest("textarea, input, select");
  if (!by || isWriting || event.ctrlKey || event.metaKey || event.altKey) return;
  const next = items[items.indexOf(event.target.closest("li")) + by];
  next?.querySelector("summary").focus();
  event.preventDefault();
});

// ---- drafts ----

// What the browser keeps; one that keeps nothing is no reason to stop writing.
const kept = {
  read: (key) => attempt(() => JSON.parse(localStorage.getItem(key))),
  write: (key, value) => attempt(() => localStorage.setItem(key, JSON.stringify(value))),
  remove: (key) => attempt(() => localStorage.removeItem(key)),
};

function attempt(work) {
  try {
    return work();
  } catch {
    return null;
  }
}

// The card beside the list counts drafts: it is taken anew from the page.
async function refreshCard() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const card = page.getElementById("opinion-card");
  if (card) document.getElementById("opinion-card").replaceWith(document.adoptNode(card));
}

class Draft {
  constructor(form) {
    this.form = form;
    this.id = form.dataset.draft;
    this.told = form.querySelector("[data-told]");
    this.key = `geomiljo:draft:${writer}:${api}:${this.id}`;
    this.revision = Number(form.dataset.revision);
    this.saving = null;
    this.stance = this.values.stance;
    form.addEventListener("input", () => this.changed());
    form.addEventListener("submit", (event) => {
      if (event.submitter?.name === "remove") return this.drop();
      event.preventDefault();
      this.changed();
      this.save();
    });
    this.restore();
  }

  get values() {
    const { stance, text, included } = this.form.elements;
    return { stance: stance.value || null, text: text.value, included: included.checked };
  }

  set values({ stance, text, included }) {
    this.form.elements.stance.value = stance ?? "";
    this.form.elements.text.value = text;
    this.form.elements.included.checked = included;
  }

  changed() {
    kept.write(this.key, { ...this.values, revision: this.revision });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), PAUSE_MS);
  }

  drop() {
    clearTimeout(this.timer);
    kept.remove(this.key);
  }

  restore() {
    const written = kept.read(this.key);
    if (!written) return;
    const { revision, ...values } = written;
    if (JSON.stringify(values) === JSON.stringify(this.values)) return this.drop();
    this.values = values;
    this.revision = revision;
    this.form.closest("details").open = true;
    this.tell(texts.restored);
    this.save();
  }

  // One request at a time; what is written meanwhile is sent after it.
  async save() {
    clearTimeout(this.timer);
    if (this.saving) {
      this.isWaiting = true;
      return;
    }
    this.isWaiting = false;
    const sent = this.values;
    this.saving = this.send(sent);
    const isSaved = await this.saving;
    this.saving = null;
    if (isSaved && JSON.stringify(sent) === JSON.stringify(this.values)) kept.remove(this.key);
    else if (isSaved || this.isWaiting) this.changed();
  }

  async send(values) {
    this.tell(texts.saving);
    const answer = await fetch(`${api}/${this.id}`, {
      method: "PUT",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ ...values, revision: this.revision }),
    }).catch(() => null);
    if (!answer) return this.fail(texts.offline);
    if (answer.status === 401 || answer.status === 403) return this.fail(texts.signedOut, true);
    if (answer.status === 412) return this.clash();
    if (!answer.ok) return this.fail(texts.kept);
    const saved = await answer.json();
    this.revision = saved.revision;
    this.form.elements.revision.value = saved.revision;
    this.form.querySelector(".clash")?.remove();
    this.tell(texts.saved.replace("{time}", new Date(saved.changedAt).toLocaleTimeString(document.documentElement.lang, { timeStyle: "short" })));
    this.show(values);
    return true;
  }

  tell(words) {
    this.told.textContent = words;
  }

  fail(words, isSignedOut = false) {
    this.tell(words);
    if (isSignedOut) {
      const link = document.createElement("a");
      link.href = `${signIn}?to=${encodeURIComponent(location.pathname + location.search + `#${this.id}`)}`;
      link.textContent = texts.signIn;
      this.told.append(" ", link);
    }
    return false;
  }

  async clash() {
    const answer = await fetch(api).catch(() => null);
    const { drafts } = answer?.ok ? await answer.json() : { drafts: [] };
    const other = drafts.find(({ finding }) => finding === this.id) ?? { stance: null, text: "", included: true, revision: 0 };
    this.tell(texts.elsewhere);
    this.form.querySelector(".clash")?.remove();
    const box = element("div", "clash notice notice--warn");
    const inner = element("div", "stack-sm");
    const mine = button(texts.mine, () => {
      this.revision = other.revision;
      this.changed();
      this.save();
    });
    const theirs = button(texts.theirs, () => {
      this.values = other;
      this.revision = other.revision;
      this.drop();
      box.remove();
      this.tell("");
      this.form.elements.text.focus();
    });
    const choices = element("div", "btn-row");
    choices.append(mine, theirs);
    inner.append(element("b", "", texts.elsewhere), element("p", "", texts.other), element("blockquote", "", other.text || texts.nothing), choices);
    box.append(inner);
    box.setAttribute("role", "alert");
    this.form.prepend(box);
    return false;
  }

  // The list says what stands now.
  show({ stance }) {
    if (stance !== this.stance) refreshCard();
    this.stance = stance;
    const state = this.form.closest("li").querySelector("[data-state]");
    const chosen = stance && this.form.querySelector(`[value="${stance}"]`).closest(".opt");
    if (!chosen) return;
    state.replaceChildren(chosen.querySelector(".icon").cloneNode(true), chosen.querySelector("b").textContent);
    state.classList.remove("rev--todo");
  }
}

function element(name, className, words = "") {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = words;
  return made;
}

function button(words, act) {
  const made = element("button", "btn btn--s", words);
  made.type = "button";
  made.addEventListener("click", act);
  return made;
}

// ---- start ----

followMap();
followSides();
const drafts = [...document.querySelectorAll("form[data-draft]")].map((form) => new Draft(form));
addEventListener("online", () => drafts.forEach((draft) => kept.read(draft.key) && draft.save()));
// What is still unsaved is saved before the drafts are submitted.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.action.endsWith("/submit")) return;
  const waiting = drafts.filter((draft) => kept.read(draft.key));
  if (waiting.length || form.querySelector("[aria-disabled]")) event.preventDefault();
  if (!waiting.length) return;
  await Promise.all(waiting.map((draft) => draft.save()));
  if (!waiting.some((draft) => kept.read(draft.key))) form.submit();
});
const bulk = document.getElementById("bulk");
const count = () => {
  document.getElementById("bulk-count").textContent = String(document.querySelectorAll('[form="bulk"]:checked').length);
};
document.getElementById("list").addEventListener("change", ({ target }) => target.getAttribute("form") === bulk.id && count());
const opened = location.hash && document.querySelector(`[id="${CSS.escape(location.hash.slice(1))}"] details`);
if (opened) opened.open = true;
document.getElementById("fault")?.focus();
