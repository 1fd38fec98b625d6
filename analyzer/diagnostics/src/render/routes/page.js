"use strict";
const search = document.getElementById("search");
const open = document.getElementById("open");
function show() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const section of document.querySelectorAll("section")) {
    let any = false;
    for (const row of section.querySelectorAll("tbody tr")) {
      const text = row.textContent.toLowerCase();
      const wanted = words.every((word) => text.includes(word)) && !(open && open.checked && !row.classList.contains("open"));
      row.hidden = !wanted;
      any = any || wanted;
    }
    section.hidden = !any;
  }
}
search.addEventListener("input", show);
if (open) open.addEventListener("change", show);
