// A check while one watches: the form is sent, the service tells line by line how far it has come, and at last where to
// go or what is wrong. Without script the form is sent as any other.

const LINES = "application/x-ndjson";

/** Send `form` in the background when it is submitted to where checks are made. */
export function follow(form) {
  const panel = document.getElementById("progress");
  const bar = document.getElementById("progress-bar");
  const told = document.getElementById("progress-told");
  const status = document.getElementById("status");
  const fault = document.getElementById("fault");
  let sending = null;

  form.addEventListener("submit", (event) => {
    const target = new URL(event.submitter?.getAttribute("formaction") ?? form.getAttribute("action"), location.href);
    const method = event.submitter?.getAttribute("formmethod") ?? form.getAttribute("method");
    if (method !== "post" || target.pathname !== "/checks") return;
    event.preventDefault();
    if (sending) return;
    send(new FormData(form, event.submitter));
  });
  document.getElementById("cancel").addEventListener("click", () => sending?.abort());
  if (!fault.hidden) fault.focus();

  async function send(fields) {
    sending = new AbortController();
    panel.hidden = false;
    fault.hidden = true;
    bar.removeAttribute("value");
    told.textContent = "";
    let quarter = -1;
    try {
      for await (const line of lines(await answered(fields, sending.signal))) {
        if (line.location) {
          sessionStorage.setItem("checked", line.location); // the page that comes takes the focus to its heading
          location.assign(line.location);
          return;
        }
        if (line.problem) show(line.problem);
        else quarter = step(line, quarter);
      }
    } catch {
      if (sending.signal.aborted) status.textContent = form.dataset.cancelled;
      else show({ title: form.dataset.offlineTitle, detail: form.dataset.offline, remedy: "", field: form.id });
    }
    panel.hidden = true;
    sending = null;
  }

  function step({ done, of, layer }, quarter) {
    bar.max = of;
    bar.value = done;
    const count = form.dataset.count.replace("{done}", done).replace("{of}", of);
    told.textContent = layer ? `${count}. ${form.dataset.reading.replace("{layer}", layer)}` : count;
    const now = Math.floor((4 * done) / of);
    if (now > quarter) status.textContent = count;
    return now;
  }

  function show(problem) {
    for (const part of ["title", "detail", "remedy"]) document.getElementById(`fault-${part}`).textContent = problem[part] + (part === "title" ? "." : "");
    for (const field of form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
    const field = document.getElementById(problem.field);
    if (field && field !== form) {
      field.setAttribute("aria-invalid", "true");
      field.setAttribute("aria-errormessage", "fault");
    }
    document.getElementById("fault-field").href = `#${field ? problem.field : form.id}`;
    fault.hidden = false;
    fault.focus();
  }
}

async function answered(body, signal) {
  const answer = await fetch("/checks", { method: "POST", body, signal, headers: { Accept: LINES } });
  if (answer.headers.get("content-type")?.startsWith(LINES)) return answer;
  const problem = await answer.json();
  const line = { problem: { title: problem.title, detail: problem.detail, remedy: problem.remedy ?? "", field: "check" } };
  return new Response(JSON.stringify(line));
}

async function* lines(answer) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    const parts = (rest + (value ?? "")).split("\n");
    rest = done ? "" : parts.pop();
    for (const part of parts) if (part) yield JSON.parse(part);
    if (done) return;
  }
}
