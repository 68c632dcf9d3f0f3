/* The desk of an annotator: a key for each verdict, a note, and Enter. Choosing asks nothing of the
   server; what is done is reported once, with the token of the card. Knows no case. */

const AGAIN_MS = 3000;
const TIMES = 4;
const DRAFT = "saywhere-draft";
const OPEN = "saywhere-definitions";

/* The page scrolls inside a box that has the keyboard only after a click. */
const SCROLLS = Object.fromEntries(Object.entries({
  PageDown: [0.85, 0], PageUp: [-0.85, 0], ArrowDown: [0, 60], ArrowUp: [0, -60],
  End: [0, 1e6], Home: [0, -1e6], " ": [0.85, 0],
}).map(([key, [share, fixed]]) => [key, () => {
  const box = document.querySelector("[data-testid=stMain]");
  if (box) box.scrollBy({ top: share * box.clientHeight + fixed });
}]));

function element(tag, name, text) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (text !== undefined) made.textContent = text;
  return made;
}

function isText(node) {
  if (!node || !node.tagName) return false;
  const keyed = ["INPUT", "TEXTAREA", "SELECT"].includes(node.tagName);
  return keyed ? !["radio", "checkbox", "button"].includes(node.type) : node.isContentEditable;
}

/* The choice and the note for a card survive a reload and a server that was away. */
function draft(of, value) {
  try {
    if (value === undefined) {
      const kept = JSON.parse(sessionStorage.getItem(DRAFT) || "null");
      if (kept && kept.of === of) return kept;
      sessionStorage.removeItem(DRAFT);
    } else {
      sessionStorage.setItem(DRAFT, JSON.stringify({ of, ...value }));
    }
  } catch { /* the browser stores nothing: a draft lasts as long as the page */ }
  return null;
}

class Desk {
  constructor(root) {
    this.root = root;
    this.data = null;
    this.sent = 0;
    this.onKey = (event) => this.key(event);
    document.addEventListener("keydown", this.onKey, true);
  }

  close() {
    document.removeEventListener("keydown", this.onKey, true);
    clearTimeout(this.sent);
    this.root.replaceChildren();
  }

  show(data, send) {
    this.send = send;
    const before = this.data;
    this.data = data;
    if (!before || before.token !== data.token) this.lay();
    else {
      if (before.deeds !== data.deeds) {
        this.waits(false);
        this.prompt();
      }
      this.countMore();
    }
    if (data.problem) this.say(data.problem, true);
  }

  /* A new card: nothing chosen, or the verdict that was given before. */
  lay() {
    this.waits(false);
    this.showCard();
    const kept = draft(this.data.of) || { chosen: this.data.was, note: this.data.note };
    this.shown = performance.now();
    this.draw();
    if (this.data.verdicts.length) {
      this.note.value = kept.note || "";
      this.choose(kept.chosen || "", false);
    }
    if (this.data.was) this.say("You said this before. Enter keeps it, a number changes it.");
    else if (this.data.verdicts.length && !this.chosen) this.say("Press a number, then Enter.");
  }

  /* The next card is shown from its top, however far the last one was scrolled. */
  showCard() {
    const card = document.querySelector(".st-key-cases-card");
    if (card && card.getBoundingClientRect().top < 0) SCROLLS.Home();
  }

  draw() {
    const box = element("div", "sw-desk-box");
    const group = element("div", "sw-desk-verdicts");
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", this.data.title);
    this.buttons = new Map();
    for (const { verdict, key, meaning } of this.data.verdicts) {
      const made = this.button(verdict, key, () => this.choose(verdict));
      made.setAttribute("aria-pressed", "false");
      made.title = meaning;
      this.buttons.set(verdict, made);
      group.appendChild(made);
    }
    const acts = element("div", "sw-desk-acts");
    this.acts = this.data.acts.map(({ act, label, key }) => {
      const made = this.button(label, key, () => this.act(act));
      if (act === "record") made.classList.add("sw-desk-first");
      acts.appendChild(made);
      return { act, key, made };
    });
    this.status = element("p", "sw-desk-status");
    this.status.setAttribute("role", "status");
    if (this.data.verdicts.length) box.append(group, this.definitions(), this.noteBox());
    box.append(acts, this.status);
    this.root.replaceChildren(box);
    this.countMore();
  }

  /* What the verdicts mean; open or not, as the annotator left it. */
  definitions() {
    this.meanings = element("details", "sw-desk-meanings");
    const head = element("summary", "");
    head.append(element("kbd", "", this.data.keys.definitions), " What they mean");
    const list = element("dl", "");
    for (const { verdict, meaning } of this.data.verdicts) {
      list.append(element("dt", "", verdict), element("dd", "", meaning));
    }
    this.meanings.append(head, list);
    try { this.meanings.open = localStorage.getItem(OPEN) === "1"; } catch { /* not kept */ }
    this.meanings.addEventListener("toggle", () => {
      try { localStorage.setItem(OPEN, this.meanings.open ? "1" : "0"); } catch { /* not kept */ }
    });
    return this.meanings;
  }

  /* How many similar cases get the verdict, too. */
  countMore() {
    const record = (this.acts || []).find((one) => one.act === "record");
    const more = this.data.more ? `Record for ${this.data.more + 1} cases` : "Record";
    if (record) record.made.lastChild.textContent = more;
    const similar = (this.acts || []).find((one) => one.act === "together");
    if (similar) similar.made.setAttribute("aria-pressed", String(this.data.gathering));
  }

  button(label, key, act) {
    const made = element("button", "sw-desk-button");
    made.type = "button";
    made.append(element("kbd", "", key), element("span", "", label));
    made.setAttribute("aria-keyshortcuts", key);
    made.addEventListener("click", act);
    return made;
  }

  noteBox() {
    const label = element("label", "sw-desk-note");
    const head = element("span", "");
    head.append(element("kbd", "", this.data.keys.note), " Note (optional) ",
      element("small", "", "Enter or Esc ends it, Shift + Enter starts a new line"));
    this.note = element("textarea", "");
    this.note.rows = 2;
    this.note.maxLength = this.data.longest;
    this.note.addEventListener("keydown", (event) => this.inNote(event));
    this.note.addEventListener("input", () => this.keep());
    label.append(head, this.note);
    return label;
  }

  inNote(event) {
    if (event.isComposing) return;
    event.stopPropagation();
    const ends = event.key === "Escape" || (event.key === "Enter" && !event.shiftKey);
    if (!ends) return;
    event.preventDefault();
    this.note.blur();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.act("record");
    else this.prompt();
  }

  /* What to do next. */
  prompt() {
    if (!this.data.verdicts.length) this.say("");
    else this.say(this.chosen ? `${this.chosen}: Enter records it.` : "Press a number, then Enter.");
  }

  keep() {
    draft(this.data.of, { chosen: this.chosen, note: this.note.value });
  }

  choose(verdict, told = true) {
    if (this.sent) return;
    this.chosen = verdict;
    this.buttons.forEach((made, each) => {
      made.setAttribute("aria-pressed", String(each === verdict));
    });
    if (!told) return;
    this.keep();
    this.say(`${verdict}: Enter records it.`);
    const { meaning } = this.data.verdicts.find((one) => one.verdict === verdict) || {};
    if (meaning && !this.meanings.open) this.status.append(element("small", "", meaning));
  }

  act(act) {
    if (this.sent) return;
    const deed = { act, token: this.data.token, once: `${Date.now()} ${Math.random()}` };
    if (act === "record") {
      if (!this.chosen) {
        this.say("Nothing chosen yet. Press a number first.", true);
        return;
      }
      Object.assign(deed, { verdict: this.chosen, note: this.note.value,
                            took_ms: Math.round(performance.now() - this.shown) });
    }
    this.waits(true);
    this.report(deed, TIMES);
  }

  /* Again where no answer comes: a run that another one ends at its very beginning loses what it
     was told. The server knows a deed it has heard of by its token and number. */
  report(deed, times) {
    this.send("deed", deed);
    clearTimeout(this.sent);
    this.sent = setTimeout(() => {
      if (times > 1) {
        this.report(deed, times - 1);
        return;
      }
      this.waits(false);
      this.say("No answer yet. Enter tries again; nothing is written twice.", true);
    }, AGAIN_MS);
  }

  /* One action at a time. */
  waits(on) {
    clearTimeout(this.sent);
    this.sent = 0;
    this.root.classList.toggle("sw-desk-busy", on);
    if (on) this.say("Saving …");
  }

  say(text, bad = false) {
    this.status.textContent = text;
    this.status.classList.toggle("sw-desk-bad", bad);
  }

  key(event) {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const at = event.composedPath()[0];
    if (isText(at) || document.querySelector('[role="dialog"]')) return;
    if (event.repeat && !SCROLLS[event.key]) return;
    /* On keyboards where digits need Shift, such as French ones, the key alone is enough. */
    const digit = event.shiftKey ? "" : event.code.replace("Digit", "");
    const act = this.meant(event.key, at, digit) || (at === document.body && SCROLLS[event.key]);
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  /* Enter on a button with the focus presses that button. */
  meant(key, at, digit) {
    if (key === "Enter") {
      const own = at.closest && at.closest("button, a, summary, [role=tab]");
      if (own && own.getAttribute("aria-pressed") !== "true") return null;
      return this.data.verdicts.length ? () => this.act("record") : null;
    }
    const pressed = key.toUpperCase();
    if (this.data.verdicts.length) {
      if (pressed === this.data.keys.note) return () => this.note.focus();
      if (pressed === this.data.keys.definitions) {
        return () => { this.meanings.open = !this.meanings.open; };
      }
    }
    const verdict = this.data.verdicts.find(
      (one) => one.key && (one.key === pressed || one.key === digit));
    if (verdict) return () => this.choose(verdict.verdict);
    const found = this.acts.find((one) => one.key === pressed || one.key === digit);
    return found ? () => this.act(found.act) : null;
  }
}

export default function desk({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".sw-desk");
  root.desk = root.desk || new Desk(root);
  root.desk.show(data, setTriggerValue);
  /* Streamlit clears up, too, behind a draw that a newer one overtook: the desk is the newer's. */
  return () => {
    if (!root.desk || root.desk.send !== setTriggerValue) return;
    root.desk.close();
    delete root.desk;
  };
}
