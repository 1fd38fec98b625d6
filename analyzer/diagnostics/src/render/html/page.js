const form = document.getElementById("filters");
const articles = [...document.querySelectorAll("article")];
function filter() {
  const wanted = new FormData(form);
  const words = wanted.get("text").toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const article of articles) {
    const data = article.dataset;
    const section = article.closest("section").querySelector("h2").textContent;
    const text = (section + " " + article.textContent).toLowerCase();
    const fits = ["severity", "confidence", "lint", "guard"].every((key) => !wanted.get(key) || data[key] === wanted.get(key))
      && (!data.suppressed || wanted.has("suppressed"))
      && words.every((word) => text.includes(word));
    article.hidden = !fits;
    shown += fits;
  }
  for (const section of document.querySelectorAll("main > section:not(#problems)")) {
    section.hidden = ![...section.querySelectorAll("article")].some((article) => !article.hidden);
  }
  document.getElementById("nothing").hidden = shown > 0;
  document.getElementById("shown").textContent = shown + " shown";
}
form.addEventListener("input", filter);
form.addEventListener("submit", (event) => event.preventDefault());
filter();
