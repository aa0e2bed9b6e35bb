// The printed map: choices show at once, and the button prints.

document.documentElement.classList.add("js");
document.getElementById("print").addEventListener("click", () => print());
for (const select of document.querySelectorAll(".paperbar select")) select.addEventListener("change", () => select.form.requestSubmit());
