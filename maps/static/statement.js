// Copies and prints the county board's answer.

document.documentElement.classList.add("js");
const { copied, failed } = document.getElementById("module").dataset;
const opinion = document.getElementById("opinion");
const status = document.getElementById("status");

document.getElementById("print").addEventListener("click", () => print());
document.getElementById("copy").addEventListener("click", async () => {
  const forms = { "text/plain": opinion.innerText, "text/html": opinion.outerHTML };
  const blobs = Object.entries(forms).map(([type, text]) => [type, new Blob([text], { type })]);
  try {
    await navigator.clipboard.write([new ClipboardItem(Object.fromEntries(blobs))]);
    status.textContent = copied;
  } catch {
    status.textContent = failed;
  }
  status.classList.remove("vh");
});
