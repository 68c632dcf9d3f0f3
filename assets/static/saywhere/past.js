/* The searches that arrival.js keeps in this browser, as links; the server never hears of them. */

const KEY = "saywhere-past";

function kept() {
  try {
    const list = JSON.parse(localStorage.getItem(KEY) || "[]");
    return Array.isArray(list) ? list : [];
  } catch {
    return []; // a browser that keeps nothing, or a text of somebody else's
  }
}

function draw(root) {
  root.className = "sw-past";
  root.replaceChildren();
  const list = kept().filter((one) => one && typeof one.token === "string" && one.text);
  const words = document.createElement("p");
  words.textContent = list.length ? "Kept in this browser only." : "No searches yet in this browser.";
  root.append(words);
  for (const one of list) {
    const link = document.createElement("a");
    link.href = `/?${new URLSearchParams(one.token)}`;
    link.textContent = String(one.text).slice(0, 120);
    root.append(link);
  }
  if (!list.length) return;
  const clear = document.createElement("button");
  clear.type = "button";
  clear.textContent = "Forget them";
  clear.onclick = () => { localStorage.removeItem(KEY); draw(root); };
  root.append(clear);
}

export default function past({ parentElement }) {
  draw(parentElement.querySelector(".sw-past"));
}
