/* The phrases of a description as chips in two rows; a chip opens a menu of how it may count. */

const ROWS = 2;
const BADGES = { twice: "×2", must: "must" };

function element(name, cls, text) {
  const made = document.createElement(name);
  made.className = cls;
  if (text) made.textContent = text;
  if (name === "button") made.type = "button";
  return made;
}

/* How a phrase counts and whether it was found, for those who hear the page. */
function told(one) {
  return [one.said, one.found].filter(Boolean).join("; ");
}

function menuOf(one, number, chip, send) {
  const menu = element("div", "sw-phrase-menu");
  menu.popover = "auto";
  menu.setAttribute("role", "group");
  menu.setAttribute("aria-label", `How “${one.phrase}” counts`);
  menu.append(element("strong", "", one.phrase));
  if (one.found) menu.append(element("p", "", one.found.replace(/^p/, "P")));
  const now = one.choices.some(([key]) => key === one.state) ? one.state : "";
  const choices = one.choices.map(([choice, label]) => {
    const made = element("button", "", label);
    made.setAttribute("aria-pressed", String(choice === now));
    made.autofocus = choice === now;
    made.onclick = () => {
      menu.hidePopover();
      chip.focus();
      if (choice !== now) send("chosen", { number, choice, phrase: one.phrase });
    };
    return made;
  });
  menu.append(...choices);
  menu.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const at = choices.indexOf(document.activeElement);
    choices[(at + step + choices.length) % choices.length].focus();
  });
  menu.addEventListener("toggle", () => place(menu, chip));
  return menu;
}

/* Below its chip, else above, and never past an edge. */
function place(menu, chip) {
  const open = menu.matches(":popover-open");
  chip.setAttribute("aria-expanded", String(open));
  if (!open) return;
  const at = chip.getBoundingClientRect(), own = menu.getBoundingClientRect();
  const below = at.bottom + 4 + own.height <= innerHeight;
  menu.style.left = `${Math.max(8, Math.min(at.left, innerWidth - own.width - 8))}px`;
  menu.style.top = `${below ? at.bottom + 4 : Math.max(8, at.top - own.height - 4)}px`;
}

function chipOf(one, number, send) {
  const item = element("li", "");
  const chip = element("button", "sw-phrase");
  chip.dataset.state = one.state;
  chip.dataset.standing = one.standing;
  chip.title = one.phrase;
  chip.append(element("span", "sw-phrase-words", one.phrase));
  if (BADGES[one.state]) {
    const badge = element("b", "", BADGES[one.state]);
    badge.setAttribute("aria-hidden", "true");
    chip.append(badge);
  }
  if (told(one)) chip.append(element("span", "sw-unseen", ` (${told(one)})`));
  const menu = menuOf(one, number, chip, send);
  chip.popoverTargetElement = menu;
  chip.setAttribute("aria-expanded", "false");
  item.append(chip, menu);
  return item;
}

/* Hides what is below the last row behind a button. */
function fold(root) {
  const items = [...root.list.children].slice(0, -1), more = root.list.lastElementChild;
  for (const item of [...items, more]) item.hidden = false;
  const rows = [...new Set(items.map((item) => item.offsetTop))].sort((one, other) => one - other);
  more.hidden = rows.length <= ROWS;
  more.firstChild.setAttribute("aria-expanded", String(root.whole));
  if (more.hidden) return;
  more.firstChild.textContent = "Fewer";
  if (root.whole) return;
  let left = items.findIndex((item) => item.offsetTop >= rows[ROWS]);
  for (const item of items.slice(left)) item.hidden = true;
  do {
    more.firstChild.textContent = `+${items.length - left} more`;
    if (more.offsetTop < rows[ROWS] || left <= 1) return;
    left -= 1;
    items[left].hidden = true;
  } while (left);
}

function draw(root, data, send) {
  const list = element("ul", "");
  list.setAttribute("aria-label", "Understood, phrase by phrase");
  list.append(...data.chips.map((one, number) => chipOf(one, number, send)));
  const more = element("li", ""), button = element("button", "sw-phrase sw-phrase-more");
  button.onclick = () => { root.whole = !root.whole; fold(root); };
  more.append(button);
  list.append(more);
  root.list = list;
  root.replaceChildren(list);
  fold(root);
}

export default function phrases({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".sw-phrases");
  const drawn = JSON.stringify(data);
  if (root.drawn !== drawn) {
    root.drawn = drawn;
    draw(root, data, setTriggerValue);
  }
  let width = 0;
  const watch = new ResizeObserver(() => {
    if (width === root.clientWidth) return;
    width = root.clientWidth;
    fold(root);
  });
  watch.observe(root);
  const scrolled = (event) => {
    const open = root.querySelector(":popover-open");
    if (open && !open.contains(event.target)) open.hidePopover();
  };
  document.addEventListener("scroll", scrolled, true);
  return () => {
    watch.disconnect();
    document.removeEventListener("scroll", scrolled, true);
  };
}
