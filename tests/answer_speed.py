"""How long a visitor in Chromium waits for an answer: from *Find places* to the markers, and to the
whole page with the first place's panel.

    .venv/bin/python tests/answer_speed.py

starts the app, asks for `--searches` descriptions (40) in one browser, each once, and prints one
JSON document with medians and 95th percentiles in ms. Times are taken by the page itself at the
first frame that shows what is waited for. Some 60 s on an idle machine.
"""

import argparse
import json
import os
import shutil
import sys
from itertools import islice
from pathlib import Path
from random import Random
from urllib.parse import quote

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from conftest import CHROMIUM_FLAGS  # noqa: E402
from playwright.sync_api import Page, expect, sync_playwright  # noqa: E402

from core import settings as machine  # noqa: E402
from core.cli.bench.app_server import app_server  # noqa: E402
from core.cli.bench.visitors import around_tiles  # noqa: E402
from core.gallery import open_gallery  # noqa: E402
from core.settings import environment_of  # noqa: E402

WARM_UP = 3
PATIENCE_MS = 60_000
WAIT = """
(patience) => new Promise((done, fail) => {
  const map = document.querySelector('.st-key-map-frame iframe').contentDocument;
  for (const one of map.querySelectorAll('.sw-marker')) one.dataset.old = '';
  const said = () => document.querySelector('.sw-words')?.textContent;
  const before = said();
  const app = document.querySelector('[data-testid=stApp]');
  const button = document.querySelector('[data-testid=stFormSubmitButton] button');
  document.activeElement.blur();
  const started = performance.now();
  let markers = 0;
  const look = () => {
    const now = performance.now() - started;
    if (!markers && map.querySelector('.sw-marker:not([data-old])')) markers = now;
    const whole = markers && said() !== before && app.dataset.testScriptState === 'notRunning'
      && document.querySelector('.sw-links') && !document.querySelector('[data-stale=true]');
    if (whole) done([markers, now]);
    else if (now > patience) fail(new Error('the answer did not become whole'));
    else requestAnimationFrame(look);
  };
  button.click();
  look();
})
"""


def times_of(page: Page, text: str) -> list[float]:
    """The time to the markers and to the whole page (ms) of one search."""
    page.get_by_label("What do you see around you?").fill(text)
    times: list[float] = page.evaluate(WAIT, PATIENCE_MS)
    return times


def measured(gallery: str, searches: int) -> dict[str, object]:
    """The figures of `searches` descriptions, made of things around tiles, in one browser."""
    settings = machine.load()
    opened = open_gallery(gallery, settings)
    texts = list(islice(around_tiles(opened, Random(1)), WARM_UP + searches))
    chromium = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    with app_server(environment_of(settings)) as server, sync_playwright() as playwright:
        with server.connected():
            pass  # it listens now
        browser = playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM_FLAGS))
        page = browser.new_context(bypass_csp=True).new_page()
        page.set_viewport_size({"width": 1280, "height": 800})
        page.set_default_timeout(PATIENCE_MS)
        page.goto(f"http://127.0.0.1:{server.port}/?city={gallery}&q={quote('a church')}")
        page.locator(".sw-links").wait_for()
        tiles = page.frame_locator(".st-key-map-frame iframe").locator(".leaflet-tile-loaded")
        expect(tiles.first).to_be_attached(timeout=PATIENCE_MS)
        for text in texts[:WARM_UP]:
            times_of(page, text)
        load, before_s = os.getloadavg()[0], server.cpu_s()
        times = np.array([times_of(page, text) for text in texts[WARM_UP:]])
        cpu_s = server.cpu_s() - before_s
        browser.close()
    shares = {
        f"{name}_p{share}_ms": round(float(np.percentile(times[:, column], share)))
        for column, name in enumerate(("markers", "full"))
        for share in (50, 95)
    }
    return {
        "gallery": gallery,
        "searches": searches,
        **shares,
        "server_cpu_per_answer_s": round(cpu_s / searches, 3),
        "load_average": round(load, 1),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--gallery", default="helsinki")
    parser.add_argument("--searches", type=int, default=40)
    asked = parser.parse_args()
    sys.stdout.write(json.dumps(measured(asked.gallery, asked.searches)) + "\n")
