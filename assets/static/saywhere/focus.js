/* Puts the cursor where a person begins to type, once; lets go of it at Esc, and presses what a
   page says a key is for where no button of Streamlit's can have one. */

const TRIES = 40;
const TYPED = "textarea, input:not([type=file], [type=radio], [type=checkbox])";

/* Repeated for two seconds, or until a key is pressed: an element that is drawn again loses the
   cursor. */
function begin(root, wanted, tries) {
  const node = document.querySelector(wanted);
  if (root.left || !tries) return;
  if (node && document.activeElement === document.body) node.focus({ preventScroll: true });
  setTimeout(() => begin(root, wanted, tries - 1), 50);
}

function press(node) {
  node.scrollIntoView({ block: "nearest" });
  node.focus();
  node.click();
}

export default function focus({ parentElement, data }) {
  const root = parentElement.querySelector(".sw-focus");
  const listen = (event) => {
    root.left = true;
    const typing = event.target.closest && event.target.closest(TYPED);
    if (typing && event.key === "Escape") typing.blur();
    if (typing || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    const wanted = data.press[event.key.toUpperCase()];
    const node = wanted && document.querySelector(wanted);
    if (!node) return;
    event.preventDefault();
    press(node);
  };
  if (root.listen) document.removeEventListener("keydown", root.listen, true);
  root.listen = listen;
  document.addEventListener("keydown", listen, true);
  if (root.begun !== data.token) {
    root.begun = data.token;
    root.left = false;
    begin(root, data.focus, TRIES);
  }
  return () => document.removeEventListener("keydown", listen, true);
}
