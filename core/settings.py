"""Folders, limits and threads; the only reader of the environment."""

import functools
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs

ROOT = Path(__file__).resolve().parent.parent

COMPACT_WEIGHTS = ROOT / "assets" / "models" / "compact" / "compact.safetensors"
"""The bundled default picture model."""

COMPACT_AERIAL_WEIGHTS = (
    COMPACT_WEIGHTS.parents[1] / "compact-aerial" / "compact-aerial.safetensors"
)
"""The bundled picture model for aerial photographs."""

SENTENCE_MODEL = ROOT / "assets" / "models" / "sentence"
SCENE_MODEL = ROOT / "assets" / "models" / "scene"
"""The folder of the bundled sentence encoder."""

CONFIDENCE = ROOT / "assets" / "models" / "confidence.json"
"""The calibration of the confidences."""

RANKING = ROOT / "assets" / "models" / "ranking.json"
"""The weights of the learned ranking."""

REGIONS = ROOT / "assets" / "models" / "regions.json"
"""The weights of the probabilities of regions, where several galleries are searched as one."""

OVERVIEW = ROOT / "assets" / "models" / "overview.json"
"""The weights by which regions are chosen for a search, where there are many."""

PRODUCTS = ROOT / "assets" / "models" / "products" / "products.onnx"
"""The graph that multiplies 8-bit codes with queries."""

AERIAL = ROOT / "assets" / "models" / "aerial.json"
"""The confidence of a search in which only pictures answer, an aerial one among them."""

CLAIMS = ROOT / "assets" / "models" / "claims.json"
"""The weights by which the ledger decides whether a fact is told to support a phrase."""

UNMAPPABLE = ROOT / "assets" / "models" / "unmappable.npz"
"""The embeddings of the examples by which the ledger knows a phrase that no map can show."""

MAX_TOKENS = 300
"""Most tokens of a description for the text tower (length of CrossText2Loc's position table)."""

MAX_DESCRIPTION_CHARS = 20_000
"""Most characters of a description; the rest is reported as cut."""

_OF_PROGRAMS = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT")

MAX_UPLOAD_MB = 25
"""Largest file that a page takes, of any kind; `.streamlit/config.toml` says it to the server."""

MAX_CANDIDATES = 100
"""Most candidates of one search."""


EXAMPLES = "examples.json"
"""The file of descriptions to try, in the folder of a user's own gallery."""

OVERPASS = "https://overpass-api.de/api/interpreter"
"""The server that gives the map of a box, where no other one is set."""

EXTRACTS = ("download.geofabrik.de", "download.bbbike.org", "download.openstreetmap.fr")
"""The servers that give extracts of the map, where no others are set."""

ADVISOR_TIMEOUT_S = 20.0
"""Time limit of a language model for one reason."""


@dataclass(frozen=True, slots=True)
class AdvisorServer:
    """An OpenAI-compatible server and its language model; `repr` hides the key."""

    url: str
    model: str
    key: str = field(default="", repr=False)
    timeout_s: float = ADVISOR_TIMEOUT_S


@dataclass(frozen=True, slots=True)
class VectorServer:
    """The address of a Milvus server, such as `http://HOST:19530`; `repr` hides the token."""

    url: str
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Settings:
    """Paths and choices for this machine, read once from the environment.

    `cases` is the address of the store of cases: a file or a PostgreSQL URL. `advisor` is None
    without a language model. `booth` switches the front page to kiosk mode. `add_places` says
    whether visitors may build galleries; None leaves it to the address: where only this machine
    reaches it, they may. `overpass` is the address of an Overpass interpreter,
    `extracts` are the servers from which map files may be downloaded. `vector_server` has the texts
    of packed collections that were put there; None for the files on this machine.
    """

    bundled_galleries: Path
    user_galleries: Path
    user_models: Path
    user_imagery: Path
    runs: Path
    bundled_reports: Path
    user_reports: Path
    static: Path
    cases: str
    search_threads: int
    batch_threads: int
    advisor: AdvisorServer | None = None
    booth: bool = False
    add_places: bool | None = None
    overpass: str = OVERPASS
    extracts: tuple[str, ...] = EXTRACTS
    vector_server: VectorServer | None = None

    @property
    def missing_words(self) -> Path:
        """The file of phrases that visitors reported as missing, for whoever keeps the words."""
        return self.user_galleries.parent / "missing-words.json"

    @property
    def booth_days(self) -> Path:
        """The folder of the booth's numbers, a file for each day."""
        return self.user_galleries.parent / "booth"


@functools.cache
def free_cores() -> int:
    """Cores of this process that nothing else kept busy in the last minute, at least 1.

    Decided once: a number that follows the load would also follow our own work.
    """
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    load_average = getattr(os, "getloadavg", None)
    try:
        busy = load_average()[0] if load_average else 0.0
    except OSError:  # the system does not tell
        busy = 0.0
    return max(1, round(cores - busy))


def load(environ: "os._Environ[str] | dict[str, str] | None" = None) -> Settings:
    """The settings of this machine.

    `SAYWHERE_DATA` is the user's data folder, `SAYWHERE_CASES` the address of the store of cases,
    `SAYWHERE_BOOTH=1` switches on kiosk mode, and `SAYWHERE_ADD` is 1 or 0: visitors may build
    galleries, or not. `SAYWHERE_OVERPASS` is the address of another Overpass interpreter,
    `SAYWHERE_EXTRACTS` the names of other servers of map files, with commas between them.
    `SAYWHERE_THREADS` (1 to 999) is the number of threads of models and matrix products. By default
    a search uses one, because on a busy machine more threads wait for each other, and work on many
    texts uses `free_cores`. `SAYWHERE_MILVUS` is the address of a Milvus server, and
    `SAYWHERE_MILVUS_TOKEN` its token, if it wants one. For `SAYWHERE_LLM_…` see `_advisor`.
    """
    env = os.environ if environ is None else environ
    data = env.get("SAYWHERE_DATA")
    folder = Path(data).expanduser() if data else Path(platformdirs.user_data_dir("saywhere"))
    value = env.get("SAYWHERE_THREADS", "")
    threads = int(value) if re.fullmatch("[1-9][0-9]{0,2}", value) else None
    return Settings(
        bundled_galleries=ROOT / "assets" / "galleries",
        user_galleries=folder / "galleries",
        user_models=folder / "models",
        user_imagery=folder / "imagery",
        runs=folder / "runs",
        bundled_reports=ROOT / "assets" / "reports",
        user_reports=folder / "reports",
        static=ROOT / "assets" / "static",
        cases=env.get("SAYWHERE_CASES", "").strip() or str(folder / "cases.sqlite"),
        search_threads=threads or 1,
        batch_threads=threads or free_cores(),
        advisor=_advisor(env),
        booth=env.get("SAYWHERE_BOOTH", "").strip() == "1",
        overpass=env.get("SAYWHERE_OVERPASS", "").strip() or OVERPASS,
        extracts=tuple(env.get("SAYWHERE_EXTRACTS", "").replace(",", " ").split()) or EXTRACTS,
        add_places={"1": True, "0": False}.get(env.get("SAYWHERE_ADD", "").strip()),
        vector_server=_vector_server(env),
    )


def forget_empty_projections() -> None:
    """Clears `PROJ_LIB` where it names a folder without projections, as Mapnik's wheel sets it for
    the whole process; rasterio would look for them there and nowhere else."""
    folder = os.environ.get("PROJ_LIB")
    if folder and not (Path(folder) / "proj.db").is_file():
        del os.environ["PROJ_LIB"]


def environment_of(settings: Settings) -> dict[str, str]:
    """The environment of another process that shall find the same data."""
    return os.environ | {"SAYWHERE_DATA": str(settings.user_galleries.parent)}


def bare_environment() -> dict[str, str]:
    """The environment of a process that shall know nothing of ours: where programs are."""
    return {name: os.environ[name] for name in _OF_PROGRAMS if name in os.environ}


def _vector_server(env: "os._Environ[str] | dict[str, str]") -> VectorServer | None:
    url = env.get("SAYWHERE_MILVUS", "").strip()
    return VectorServer(url, env.get("SAYWHERE_MILVUS_TOKEN", "").strip()) if url else None


def _advisor(env: "os._Environ[str] | dict[str, str]") -> AdvisorServer | None:
    """The language model of `SAYWHERE_LLM_URL` (http or https) and `SAYWHERE_LLM_MODEL`; None
    unless both are set. `SAYWHERE_LLM_KEY` and `SAYWHERE_LLM_TIMEOUT_S` (1 to 999, whole seconds)
    are optional."""
    url = env.get("SAYWHERE_LLM_URL", "").strip()
    model = env.get("SAYWHERE_LLM_MODEL", "").strip()
    if not model or not re.match(r"https?://[^\s/]", url):
        return None
    value = env.get("SAYWHERE_LLM_TIMEOUT_S", "")
    timeout_s = float(value) if re.fullmatch("[1-9][0-9]{0,2}", value) else ADVISOR_TIMEOUT_S
    return AdvisorServer(url, model, env.get("SAYWHERE_LLM_KEY", "").strip(), timeout_s)
