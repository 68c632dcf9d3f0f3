/* Shows a text, copies it to the clipboard and says so. Where a page may not write there, as on a
   network without HTTPS, the text is selected and copied as by hand. */

export default function copy({ parentElement, data }) {
  parentElement.querySelector("code").textContent = data.text;
  const button = parentElement.querySelector("button");
  const said = parentElement.querySelector("[role=status]");
  const pressed = async () => {
    said.textContent = (await copied(parentElement, data.text)) ? "Copied" : "Copy it by hand";
  };
  button.onclick = pressed;
  said.textContent = "";
  /* Streamlit clears up, too, behind a draw that a newer one overtook: the button is the newer's. */
  return () => { if (button.onclick === pressed) button.onclick = null; };
}

async function copied(parent, text) {
  if (window.isSecureContext && navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch { /* the browser said no: by hand, below */ }
  }
  const box = document.createElement("textarea");
  box.value = text;
  box.style.cssText = "position:fixed;opacity:0";
  parent.append(box);
  box.select();
  const done = document.execCommand("copy");
  box.remove();
  return done;
}
