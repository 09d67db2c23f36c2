/* Shows the markup of one element and turns clicks on its links into a rerun instead of a new session.
   Every link is a real address: opening it in a new tab, or copying it, gives the same view.
   A form with data-act is sent as one value: its fields by name, a file as its name, size and bytes in base64. */
let lastFocus = "";

/* The way that a reader took last, by a link or a form, to which path and when. Until its page stands no news are asked for: that
   question would name the page that was left. */
let way = { path: location.pathname, since: 0 };
const [SHORTEST_MS, LONGEST_MS] = [2000, 20000];
addEventListener("popstate", () => (way = { path: location.pathname, since: Date.now() }));

function isOnTheWay() {
  const took = Date.now() - way.since;
  const isRunning = document.querySelector('[data-testid="stApp"]')?.dataset.testScriptState !== "notRunning";
  return took < SHORTEST_MS || (took < LONGEST_MS && (isRunning || location.pathname !== way.path));
}

/* One click is told once or twice (page.py, _is_new); its moment says which click it is. */
const moment = () => `${Date.now()}.${Math.random()}`;

function packed(file, most) {
  if (!file) return null;
  if (file.size > most) return { name: file.name, size: file.size, data: "" };
  return new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done({ name: file.name, size: file.size, data: reader.result.split(",")[1] ?? "" });
    reader.onerror = () => failed(reader.error);
    reader.readAsDataURL(file);
  });
}

/* The one timer of this page: what shows it again before it was taken away begins it anew. */
let looking = 0;

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".root");
  if (root.shown !== data.html) root.innerHTML = root.shown = data.html; // what is being typed stays
  if (data.language) document.documentElement.lang = data.language === "zh" ? "zh-CN" : "en";
  const skip = document.querySelector('[data-testid="stSkipToContent"]');
  if (data.skip && skip) skip.textContent = data.skip;
  root.onclick = (event) => {
    const link = event.target.closest("a[href]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    way = { path: new URL(link.href).pathname, since: Date.now() };
    setTriggerValue("go", { href: link.getAttribute("href"), at: moment() });
  };
  root.onchange = (event) => {
    const chosen = event.target.closest("label")?.querySelector(".chosen");
    if (event.target.type === "file" && chosen) chosen.textContent = event.target.files[0]?.name ?? "";
  };
  root.onsubmit = async (event) => {
    const form = event.target.closest("form[data-act]");
    if (!form) return;
    event.preventDefault();
    way = { path: location.pathname, since: Date.now() };
    const button = form.querySelector("button");
    if (button.dataset.busy) {
      button.disabled = true;
      button.textContent = button.dataset.busy;
    }
    const told = { form: form.dataset.act, at: moment() };
    for (const field of form.querySelectorAll("[name]")) {
      told[field.name] = field.type === "file" ? await packed(field.files[0], Number(field.dataset.most)) : field.value;
    }
    setTriggerValue("act", told);
  };
  if (data.focus && data.focus !== lastFocus) root.scrollIntoView({ behavior: "auto", block: "start" });
  if (data.focus !== undefined) lastFocus = data.focus;
  if (!data.look) return undefined;
  clearInterval(looking);
  const own = (looking = setInterval(() => isOnTheWay() || setTriggerValue("look", moment()), data.look * 1000));
  return () => clearInterval(own);
}
