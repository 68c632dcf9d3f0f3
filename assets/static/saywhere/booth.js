/* Tells the booth how the visitors are doing: that nobody has touched the screen for a while,
   that somebody does while the examples are shown, that the next one is due. Keeps no words. */
const kept = new WeakMap();
const PATIENCE_MS = 5000; // before a message is repeated: one that is sent while a page is drawn may be lost
const TOUCH_PATIENCE_MS = 1500;

export default function ({ data, setTriggerValue, parentElement }) {
  const { mode, idle_ms: idle, warning_ms: warning, step_ms: step } = data;
  const before = kept.get(parentElement);
  before?.stop(); // Streamlit does not stop the script of older data
  const note = parentElement.querySelector(".still");
  const hands = ["pointerdown", "keydown", "wheel", "touchstart"];
  // a page that is drawn again is no hand: the time since the last one goes on
  const since = before?.mode === mode ? before.since : Date.now();
  const now = { mode, since, touched: mode === "loop" && Boolean(before?.touched), stop };
  let timers = [];
  let gone = false;

  function tell(name) {
    setTriggerValue(name, Date.now());
  }

  function wait() {
    timers.forEach(clearTimeout);
    note.hidden = true;
    const rest = Math.max(idle - (Date.now() - now.since), 0);
    timers = mode !== "loop" ? [
      setTimeout(() => { note.hidden = mode === "fresh"; }, Math.max(rest - warning, 0)),
      setTimeout(left, rest),
      setInterval(left, rest + PATIENCE_MS),
    ] : step ? [
      setTimeout(() => tell("due"), step),
      setInterval(() => tell("due"), step + PATIENCE_MS),
    ] : [];
  }

  function hand() {
    if (mode === "loop") {
      if (!now.touched) touched();
    } else {
      now.touched = gone; // the loop is about to start, but somebody came back
      begin();
    }
  }

  function left() {
    gone = true;
    now.touched = false;
    tell("idle");
  }

  function touched() {
    now.touched = true;
    tell("hand");
    timers.push(setInterval(() => tell("hand"), TOUCH_PATIENCE_MS));
  }

  function moved() {
    if (mode !== "loop") begin();
  }

  function begin() {
    now.since = Date.now();
    wait();
  }

  function stop() {
    timers.forEach(clearTimeout);
    hands.forEach((name) => document.removeEventListener(name, hand, { capture: true }));
    document.removeEventListener("pointermove", moved, { capture: true });
    document.removeEventListener("saywhere:hand", hand);
  }

  hands.forEach((name) => document.addEventListener(name, hand, { capture: true, passive: true }));
  document.addEventListener("pointermove", moved, { capture: true, passive: true });
  document.addEventListener("saywhere:hand", hand);
  wait();
  if (now.touched) touched(); // the next picture came before the touch was handled
  kept.set(parentElement, now);
  return stop;
}
