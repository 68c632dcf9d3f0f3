/* Loads the page again where its server was started anew: the new one knows nothing of this visit,
   and the first question would be lost. The address restores what was here. */
(function () {
  let known = null;

  async function begun() {
    try {
      const answer = await fetch("/healthz", { cache: "no-store" });
      return (await answer.json()).started;
    } catch {
      return null;
    }
  }

  async function look(records) {
    const now = records[records.length - 1].target.dataset.testConnectionState;
    if (now !== "CONNECTED") return;
    const found = await begun();
    if (!found) return;
    if (known && found !== known) location.reload();
    known = found;
  }

  new MutationObserver(look).observe(document,
    { subtree: true, attributes: true, attributeFilter: ["data-test-connection-state"] });
})();
