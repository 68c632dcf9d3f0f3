/* Says to a screen reader what came, and moves the keyboard's focus there after a search or a reply;
   never while somebody types on. Keeps the search in this browser, for past.js. */

const TRIES = 20;
const KEY = "saywhere-past";
const MOST = 20;

function keep(token, text) {
  try {
    const list = JSON.parse(localStorage.getItem(KEY) || "[]");
    const others = (Array.isArray(list) ? list : []).filter((one) => one && one.token !== token
      && one.text !== text);
    localStorage.setItem(KEY, JSON.stringify([{ token, text }, ...others].slice(0, MOST)));
  } catch { /* a browser may keep nothing */ }
}

function isFree(asked) {
  const at = document.activeElement;
  if (!at || at === document.body || at.tagName === "BUTTON") return true;
  return at.tagName === "TEXTAREA" && at.value.trim() === asked;
}

function go(root, token, data, tries) {
  if (root.token !== token || !isFree(data.asked)) return;
  const node = document.querySelector(data.focus);
  if (node) {
    node.setAttribute("tabindex", "-1");
    node.focus({ preventScroll: true });
  } else if (tries) {
    setTimeout(() => go(root, token, data, tries - 1), 50);
  }
}

export default function arrival({ parentElement, data }) {
  const root = parentElement.querySelector(".sw-arrival");
  const first = root.token === undefined;
  if (root.token === data.token) return;
  root.token = data.token;
  root.className = "sw-arrival sw-unseen";
  root.setAttribute("role", "status");
  root.textContent = data.words;
  if (data.asked) keep(data.token, data.asked);
  if (!first && data.words) go(root, data.token, data, TRIES);
}
