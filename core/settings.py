"""Folders, limits and devices; the only reader of the environment. Knows nothing of maps."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs

ROOT = Path(__file__).resolve().parent.parent

COMPACT_WEIGHTS = ROOT / "assets" / "models" / "compact" / "compact.safetensors"
"""The default picture model, which comes with the app."""

CONFIDENCE = ROOT / "assets" / "models" / "confidence.json"
"""The learned numbers behind every confidence."""

MAX_TOKENS = 300
"""Tokens of a description that the text tower reads (CrossText2Loc's table length)."""

MAX_DESCRIPTION_CHARS = 20_000
"""Characters of a description that are looked at; the rest is reported as cut."""

MAX_CANDIDATES = 100
"""Candidates one search may return."""


ADVISOR_TIMEOUT_S = 20.0
"""How long a language model may take for one reason."""


@dataclass(frozen=True, slots=True)
class AdvisorServer:
    """An OpenAI-compatible server and the language model asked there; no key is shown."""

    url: str
    model: str
    key: str = field(default="", repr=False)
    timeout_s: float = ADVISOR_TIMEOUT_S


@dataclass(frozen=True, slots=True)
class Settings:
    """Machine paths and choices, read once from the environment. `cases` is the address of the
    store of cases: a file, or PostgreSQL's. `advisor` is None where no language model was chosen.
    `booth` makes the front page one for visitors who come and go.
    """

    bundled_galleries: Path
    user_galleries: Path
    user_models: Path
    runs: Path
    bundled_reports: Path
    user_reports: Path
    static: Path
    cases: str
    search_threads: int
    batch_threads: int
    advisor: AdvisorServer | None = None
    booth: bool = False


def load(environ: "os._Environ[str] | dict[str, str] | None" = None) -> Settings:
    """Settings of this machine. `SAYWHERE_DATA` moves the user's folder, `SAYWHERE_THREADS`
    (1 to 999) sets the threads of the text tower. Unset, or anything else: one for a search,
    since waiting for each other costs threads more than one short text is worth on a busy machine
    (five times, measured); every core for work on many texts. `SAYWHERE_CASES` is
    the address of the store of cases, `SAYWHERE_BOOTH=1` makes the front page a booth. For
    `SAYWHERE_LLM_…` see `_advisor`."""
    env = os.environ if environ is None else environ
    data = env.get("SAYWHERE_DATA")
    folder = Path(data).expanduser() if data else Path(platformdirs.user_data_dir("saywhere"))
    given = env.get("SAYWHERE_THREADS", "")
    threads = int(given) if re.fullmatch("[1-9][0-9]{0,2}", given) else None
    return Settings(
        bundled_galleries=ROOT / "assets" / "galleries",
        user_galleries=folder / "galleries",
        user_models=folder / "models",
        runs=folder / "runs",
        bundled_reports=ROOT / "assets" / "reports",
        user_reports=folder / "reports",
        static=ROOT / "assets" / "static",
        cases=env.get("SAYWHERE_CASES", "").strip() or str(folder / "cases.sqlite"),
        search_threads=threads or 1,
        batch_threads=threads or os.cpu_count() or 1,
        advisor=_advisor(env),
        booth=env.get("SAYWHERE_BOOTH", "").strip() == "1",
    )


def _advisor(env: "os._Environ[str] | dict[str, str]") -> AdvisorServer | None:
    """The language model of `SAYWHERE_LLM_URL` (http or https) and `SAYWHERE_LLM_MODEL`; None
    unless both are there. `SAYWHERE_LLM_KEY` may be left out, and so may `SAYWHERE_LLM_TIMEOUT_S`
    (1 to 999, whole seconds)."""
    url = env.get("SAYWHERE_LLM_URL", "").strip()
    model = env.get("SAYWHERE_LLM_MODEL", "").strip()
    if not model or not re.match(r"https?://[^\s/]", url):
        return None
    given = env.get("SAYWHERE_LLM_TIMEOUT_S", "")
    timeout_s = float(given) if re.fullmatch("[1-9][0-9]{0,2}", given) else ADVISOR_TIMEOUT_S
    return AdvisorServer(url, model, env.get("SAYWHERE_LLM_KEY", "").strip(), timeout_s)
