"""What several tests share."""

# ---- The app in a browser --------------------------------------------------------------------

import functools
import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from filelock import FileLock

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Request
    from tiny_overpass import Overpass

    from core.arrays import F32
    from core.gallery import Gallery
    from core.geo import Bounds
    from core.models.compact import CompactEncoder
    from core.models.sentence import SentenceEncoder
    from core.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [] if str(ROOT) in sys.path else [str(ROOT)]

os.environ.setdefault("OMP_NUM_THREADS", "1")
"""Torch reads it when it is loaded. Tests run side by side, and threads that wait for each other
are slower than one."""

CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--renderer-process-limit=1",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
STORED = "local_storage,cookies,indexeddb,service_workers,cache_storage"
"""What a page may leave in a browser."""

pytest_plugins = [
    "tiny_cases",
    "tiny_command_line",
    "tiny_overpass",
    "tiny_street",
    "worker_shares",
]
"""The fixtures of the store of cases, which start PostgreSQL, of the command line, of a server of
maps, and of photographs; and the order of the tests."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--screenshots", metavar="FOLDER", help="write the README's pictures of the bundled cities"
    )
    parser.addoption(
        "--record-screens", action="store_true", help="write the pictures that pages are held to"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out what takes long, unless SLOW=1 asks for it."""
    if os.environ.get("SLOW") == "1" or config.getoption("--record-screens"):
        return
    for item in items:
        if item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.skip(reason="takes long: SLOW=1 runs it"))


def first_and_last(stages: tuple[str, ...]) -> list[object]:
    """Parameters of a test that takes long for each stage: those between run with SLOW=1."""
    between = [pytest.param(one, marks=pytest.mark.slow) for one in stages[1:-1]]
    return [stages[0], *between, stages[-1]]


def assert_none(faults: Iterable[object]) -> None:
    """Names all faults at once, where there are any."""
    found = sorted(map(str, faults))
    assert not found, "\n" + "\n".join(found)


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A folder that one of the workers makes for all of them; it is read only.

    The others wait at the lock, and find it whole, or make it themselves where making it failed.
    """
    base = factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder = shared / f"once-{name}"
    with FileLock(shared / f"once-{name}.lock"):
        if not folder.is_dir():
            draft = shared / f"once-{name}-draft"
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir()
            make(draft)
            draft.rename(folder)
    return folder


def own_copy(factory: pytest.TempPathFactory, folder: Path) -> Path:
    """A worker's own copy: the app writes into its data folder."""
    return shutil.copytree(folder, factory.mktemp("own") / "home", symlinks=True)


@pytest.fixture(scope="session", autouse=True)
def components_once() -> Iterator[None]:
    """Streamlit's runner of tests reads what every installed package says of itself, for each app
    anew, which takes a tenth of a second; here it is read once a worker."""
    app_test = sys.modules.get("streamlit.testing.v1.app_test")
    if app_test is None:
        yield
        return
    manager = app_test.BidiComponentManager()
    manager.discover_and_register_components(start_file_watching=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manager, "discover_and_register_components", lambda **_: None)
        patch.setattr(app_test, "BidiComponentManager", lambda: manager)
        yield


@pytest.fixture(autouse=True)
def own_main() -> Iterator[None]:
    """Streamlit makes the page it runs the main module, which new processes would run again."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@dataclass(frozen=True)
class Served:
    """The app, running for a test on its own port, how long it took to answer, and its process and
    its log if they are known."""

    url: str
    started_s: float
    pid: int | None = None
    log: Path = Path(os.devnull)

    def address(self, path: str = "/") -> str:
        return f"{self.url}{path}"


def serve(data: Path, log: Path, **environment: str) -> Iterator[Served]:
    """Runs the app as people do, with a data folder of its own, until the test is over."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        "app.py",
        "--server.port",
        str(port),
        "--server.headless",
        "true",
    ]
    started = time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | {"SAYWHERE_DATA": str(data)} | environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_until_healthy(url, process, log)
            yield Served(url, time.perf_counter() - started, process.pid, log)
        finally:
            process.terminate()
            process.wait(timeout=20)


def _wait_until_healthy(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(600):
        try:
            with urllib.request.urlopen(f"{url}/healthz", timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            if process.poll() is not None:
                break
        time.sleep(0.1)
    raise RuntimeError(f"the app did not start:\n{log.read_text(errors='replace')[-3000:]}")


HOSTILE_NAME = "pwned `${window.__pwned=1}` <img src=x onerror=window.__pwned=1></script>"
"""The name of a pub in the tiny town; no page may run what it holds."""


def tiny_town() -> dict[str, object]:
    """A town of four streets by four as GeoJSON, with things people would mention."""
    lon, lat, step = 24.94, 60.17, 0.0012
    features: list[dict[str, object]] = []

    def add(kind: str, coordinates: object, **tags: str) -> None:
        features.append(
            {
                "type": "Feature",
                "properties": tags,
                "geometry": {"type": kind, "coordinates": coordinates},
            }
        )

    def square(x: float, y: float, size: float) -> object:
        west, south = lon + x * step * 2, lat + y * step
        east, north = west + size * step * 2, south + size * step
        return [[[west, south], [east, south], [east, north], [west, north], [west, south]]]

    for number in range(4):
        x, y = lon + number * step * 2, lat + number * step
        add(
            "LineString",
            [[x, lat], [x, lat + 3 * step]],
            highway="residential",
            name=f"Lime Street {number}",
        )
        add(
            "LineString",
            [[lon, y], [lon + 6 * step, y]],
            highway="residential",
            name=f"Harbour Lane {number}",
        )
    add(
        "Polygon",
        square(0.2, 0.2, 0.5),
        building="church",
        amenity="place_of_worship",
        religion="christian",
        name="Saint Olaf's Church",
    )
    add("Polygon", square(1.1, 1.1, 0.8), leisure="park", name="Small Park")
    add("Polygon", square(2.2, 0.2, 0.4), building="yes", shop="bakery", name="Corner Bakery")
    add("Point", [lon + 1.5 * step * 2, lat + 1.5 * step], amenity="fountain", name="Swan Fountain")
    add("Point", [lon + 2.5 * step * 2, lat + 2.5 * step], amenity="pub", name=HOSTILE_NAME)
    add("Point", [lon + 0.1 * step * 2, lat + 2.1 * step], highway="bus_stop", name="Old Gate")
    return {"type": "FeatureCollection", "features": features}


@pytest.fixture(scope="session")
def tiny_city() -> str:
    """The name of the tiny gallery."""
    return "tinytown"


@pytest.fixture(scope="session")
def tiny_data(tmp_path_factory: pytest.TempPathFactory, tiny_city: str) -> Path:
    """A data folder with one real gallery, built as `python -m core build` builds it."""
    from core.gallery.build import BuildOptions, build_gallery
    from core.models import load_model
    from core.sources.world import read_world

    def make(data: Path) -> None:
        source = data / "town.geojson"
        source.write_text(json.dumps(tiny_town()), encoding="utf-8")
        build_gallery(
            tiny_city,
            [source],
            read_world([source]),
            load_model(),
            data / "galleries",
            BuildOptions(title="Tiny Town"),
            None,
            datetime(2026, 1, 2, tzinfo=UTC),
            lambda *_: None,
        )

    return own_copy(tmp_path_factory, made_once(tmp_path_factory, tiny_city, make))


@pytest.fixture(scope="session")
def served(
    tiny_data: Path, tmp_path_factory: pytest.TempPathFactory, map_server: "Overpass"
) -> Iterator[Served]:
    """One app with the tiny town for all tests that only look at it, or that clear up behind
    themselves; others start their own."""
    log = tmp_path_factory.mktemp("app") / "log.txt"
    yield from serve(tiny_data, log, SAYWHERE_OVERPASS=map_server.url)


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Debian's Chromium, best the one that has no window, which takes a fifth less processor time.

    Without one, a browser test is skipped, and in CI it fails.
    """
    for name in ("chromium-headless-shell", "chromium", "chromium-browser"):
        if found := shutil.which(name):
            return found
    reason = "needs Chromium: apt-get install chromium-headless-shell"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@dataclass
class Visit:
    """A page in a browser whose network reaches the app only; what it tried is written down."""

    page: "Page"
    served: Served
    outside: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def browser(chromium_path: str) -> Iterator["Browser"]:
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=20_000)  # a cold page on a busy machine
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=chromium_path, args=list(CHROMIUM_FLAGS)
        )
        yield started
        started.close()


STILL = """
const still = () => {
  const style = document.createElement("style");
  style.textContent = `*, ::before, ::after {
    animation-duration: 0s !important; animation-iteration-count: 1 !important;
    transition: none !important }`;
  document.documentElement.append(style);
};
document.documentElement ? still() : addEventListener("DOMContentLoaded", still);
"""
"""Nothing fades or turns: without a graphics card each frame takes processor time."""


def drawn(page: "Page") -> None:
    """Waits until the page's script is over and nothing is left of what it drew before."""
    from playwright.sync_api import expect

    state = "data-test-script-state"
    expect(page.locator("[data-testid=stApp]")).to_have_attribute(state, "notRunning")
    expect(page.locator("[data-stale=true], [data-testid=stSkeleton]")).to_have_count(0)


class Guests:
    """One context of the browser for many tests: what a page loads is loaded and compiled once.

    Every test gets pages of its own and finds nothing that another one left in the browser.
    """

    def __init__(self, browser: "Browser", policed: bool) -> None:
        self._context = browser.new_context(bypass_csp=not policed)
        self._context.on("request", self._note)
        self._context.add_init_script(STILL)
        self._visits: list[Visit] = []
        self._empty: Page | None = None
        """A page that stays open between tests: a context without one is slow to open the next."""

    def visit(self, served: Served, width: int, height: int, scheme: str) -> Visit:
        page = self._context.new_page()
        page.set_default_timeout(30_000)
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        made = Visit(page, served)
        page.on("pageerror", lambda error: made.errors.append(str(error)))
        self._visits.append(made)
        return made

    def _note(self, request: "Request") -> None:
        allowed = (*(visit.served.url for visit in self._visits), "data:", "blob:")
        if not request.url.startswith(allowed):
            for visit in self._visits:
                visit.outside.append(request.url)

    def leave(self) -> None:
        if not self._visits:
            return
        if self._empty is None:
            self._empty = self._context.new_page()
        session = self._context.new_cdp_session(self._empty)
        for page in self._context.pages:
            if page is not self._empty:
                page.close()
        for origin in {visit.served.url for visit in self._visits}:
            session.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": STORED})
        session.detach()
        self._context.clear_cookies()
        self._visits.clear()


@pytest.fixture(scope="session")
def guests(browser: "Browser") -> dict[bool, Guests]:
    """Two contexts: with the pages' content security policy, and without."""
    return {policed: Guests(browser, policed) for policed in (False, True)}


@pytest.fixture
def visits(guests: dict[bool, Guests]) -> Iterator[Callable[..., Visit]]:
    """Opens pages of a served app; everything outside its address fails, as without a network."""

    def visit(
        served: Served,
        width: int = 1366,
        height: int = 850,
        scheme: str = "light",
        policed: bool = False,
    ) -> Visit:
        """`policed` keeps the content security policy, under which Playwright cannot wait for
        functions of its own."""
        return guests[policed].visit(served, width, height, scheme)

    yield visit
    for one in guests.values():
        one.leave()


# ---- End of the app in a browser -------------------------------------------------------------


# ---- The retrieval core ----------------------------------------------------------------------


def settings_for(galleries: Path, bundled: Path | None = None) -> "Settings":
    """Settings of a machine that keeps its galleries here, with none that came with the app."""
    from core import settings

    return replace(
        settings.load({}),
        user_galleries=galleries,
        bundled_galleries=bundled or galleries.parent / "none",
    )


@pytest.fixture(scope="session")
def city_osm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny city as OpenStreetMap XML."""
    from tiny_osm import tiny_city

    return tiny_city().write(tmp_path_factory.mktemp("city") / "city.osm")


@pytest.fixture(scope="session")
def encoder() -> "SentenceEncoder":
    """The real text encoder, loaded once; one thread is quickest where other work goes on."""
    from core.models import load_model

    return load_model(threads=1)


@pytest.fixture(scope="session")
def loaded_once() -> Callable[..., object]:
    """`load_model`, but each model is read from the disk once a worker."""
    from core import models

    return functools.cache(models.load_model)


class RememberedTexts:
    """The encoder for many small galleries whose texts are mostly the same: each is read once."""

    def __init__(self, encoder: "SentenceEncoder") -> None:
        self.spec, self._encoder = encoder.spec, encoder
        self._rows: dict[str, np.ndarray] = {}

    def encode(self, texts: list[str]) -> "F32":
        new = [text for text in dict.fromkeys(texts) if text not in self._rows]
        if new:
            self._rows.update(zip(new, self._encoder.encode(new), strict=True))
        return np.array([self._rows[text] for text in texts])


@pytest.fixture(scope="session")
def build(encoder: "SentenceEncoder") -> Callable[..., Path]:
    """Builds a gallery as the command line does, on a given day, without progress bars."""
    return building_with(RememberedTexts(encoder))


@pytest.fixture(scope="session")
def build_forgetful(encoder: "SentenceEncoder") -> Callable[..., Path]:
    """Builds a gallery with the encoder itself, for tests that watch or stop it."""
    return building_with(encoder)


def building_with(encoder: "SentenceEncoder | RememberedTexts") -> Callable[..., Path]:
    from core.gallery.build import BuildOptions, build_gallery
    from core.sources.world import read_world

    def run(
        name: str, source: Path, home: Path, *, bbox: "Bounds | None" = None, **options: object
    ) -> Path:
        return build_gallery(
            name,
            [source],
            read_world([source], bbox),
            encoder,  # type: ignore[arg-type]
            home,
            BuildOptions(**{"pictures": False} | options),  # type: ignore[arg-type]
            bbox,
            datetime(2026, 1, 2, tzinfo=UTC),
            lambda *_: None,
        )

    return run


@pytest.fixture(scope="session")
def tiny_home(
    build: Callable[..., Path], city_osm: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A data folder with the gallery `tinycity`, with pictures where Mapnik is installed."""
    drawn = importlib.util.find_spec("mapnik") is not None

    def make(home: Path) -> None:
        build("tinycity", city_osm, home / "galleries", title="Tiny City", pictures=drawn)

    return own_copy(tmp_path_factory, made_once(tmp_path_factory, "tinycity", make))


@pytest.fixture(scope="session")
def tiny_settings(tiny_home: Path) -> "Settings":
    """The settings of a machine whose only gallery is the tiny one."""
    return settings_for(tiny_home / "galleries")


@pytest.fixture(scope="session")
def tiny_gallery(tiny_settings: "Settings") -> "Gallery":
    """The tiny gallery, opened and verified."""
    from core.gallery import open_gallery

    return open_gallery("tinycity", tiny_settings)


# ---- A gallery that is seen ------------------------------------------------------------------


def write_compact(path: Path, seed: int = 0, **sizes: int) -> Path:
    """A tiny compact model with seeded weights, as training leaves one."""
    import torch

    from core.models.compact import save_compact
    from core.models.dual_encoder import CompactNetwork
    from core.models.specs import CompactSpec

    small = {"picture_px": 64, "dimensions": 16}
    torch.manual_seed(seed)
    network = CompactNetwork(CompactSpec(**(small | sizes)))  # type: ignore[arg-type]
    torch.nn.init.normal_(network.text.concepts.weight, std=3)  # training makes texts differ, too
    path.parent.mkdir(parents=True, exist_ok=True)
    save_compact(network, path)
    return path


@pytest.fixture(scope="session")
def compact_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = made_once(
        tmp_path_factory, "weights", lambda folder: write_compact(folder / "tiny.safetensors")
    )
    return made / "tiny.safetensors"


@pytest.fixture(scope="session")
def compact(compact_weights: Path, encoder: "SentenceEncoder") -> "CompactEncoder":
    """The tiny compact model, on top of the real sentence encoder."""
    from core.models.compact import load_compact

    return load_compact(compact_weights, encoder)


@pytest.fixture(scope="session")
def seen_home(
    tiny_home: Path,
    compact: "CompactEncoder",
    compact_weights: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """A data folder whose `tinycity` was embedded with the tiny compact model as a user's own."""
    pytest.importorskip("mapnik", reason="Mapnik has no wheel for this machine")
    from core import settings
    from core.gallery.embed import embed_pictures
    from core.retrieval import link_checkpoint

    def make(home: Path) -> None:
        shutil.copytree(tiny_home / "galleries", home / "galleries")
        folder = home / "galleries" / "tinycity"
        embed_pictures(folder, compact, compact_weights, 1, lambda *_: None)
        link_checkpoint(compact_weights, settings.load({"SAYWHERE_DATA": str(home)}))

    return own_copy(tmp_path_factory, made_once(tmp_path_factory, "seen", make))


@pytest.fixture(scope="session")
def seen_gallery(seen_home: Path) -> "Gallery":
    """The tiny gallery with a picture model, opened and verified."""
    from core.gallery import open_gallery

    return open_gallery("tinycity", settings_for(seen_home / "galleries"))


# ---- End of the retrieval core ---------------------------------------------------------------
