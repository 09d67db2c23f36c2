/* Shows the markup of one element and turns clicks on its links into a rerun instead of a new session.
   Every link is a real address: opening it in a new tab, or copying it, gives the same view. */
let lastFocus = "";

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".root");
  root.innerHTML = data.html;
  if (data.language) document.documentElement.lang = data.language === "zh" ? "zh-CN" : "en";
  const skip = document.querySelector('[data-testid="stSkipToContent"]');
  if (data.skip && skip) skip.textContent = data.skip;
  root.onclick = (event) => {
    const link = event.target.closest("a[href]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    setTriggerValue("go", link.getAttribute("href"));
  };
  if (data.focus && data.focus !== lastFocus) root.scrollIntoView({ behavior: "auto", block: "start" });
  if (data.focus !== undefined) lastFocus = data.focus;
}
