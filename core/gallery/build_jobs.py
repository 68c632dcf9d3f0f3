"""Builds of galleries in processes of their own, which somebody starts, watches, stops, continues.

A job is a folder with the map file, `job.json`, what the process prints, and a lock that the
process holds as long as it runs. So a job outlives the server that started it, and a new server
knows whether it still runs.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from anyascii import anyascii

from core.errors import GalleryError
from core.files import write_bytes, write_json
from core.gallery.cards import list_galleries
from core.gallery.manifest import check_name
from core.geo import Bounds
from core.settings import ROOT, Settings, environment_of

JobState = Literal["counting", "counted", "building", "built", "stopped", "failed"]

MOST_JOBS = 20
"""Most galleries of a user's own that a page may make."""
MOST_AT_ONCE = 1
_NICE = 10
"""A build waits for those who search."""
_EXAMPLES = 5
_LONGEST_TITLE = 60
_LONGEST_LOG = 20_000
_TRIES, _LOOK_S = 5, 0.01
_STAGE = re.compile(r"([a-z][a-z ]{1,30}): +(\d{1,3})%")
_FILE = re.compile(r"[^a-z0-9._-]+")
_started: list["subprocess.Popen[bytes]"] = []
"""Our own processes, so that none that ended is left for the system to remember."""


@dataclass(frozen=True, slots=True)
class BuildJob:
    """What to build: a map file of the job's folder, or the part of it within `bbox` (west, south,
    east, north). Without a `file` the map is downloaded: that at the address `extract`, else that
    of the box. `asked` says whether the build was started, after its size was counted."""

    name: str
    title: str
    file: str
    bbox: tuple[float, float, float, float] | None = None
    asked: bool = False
    pid: int = 0
    extract: str = ""


@dataclass(frozen=True, slots=True)
class JobStatus:
    """A job and how far it is: its stage, the share of that (0..1), and the `problem` that ended
    it. `tiles`, `about_s` and `about_mb` are its size, 0 until that is counted."""

    job: BuildJob
    state: JobState
    stage: str = ""
    share: float = 0.0
    problem: str = ""
    tiles: int = 0
    about_s: float = 0.0
    about_mb: float = 0.0


def name_of(title: str) -> str:
    """A gallery's name from its title. Raises GalleryError where nothing is left of it."""
    bare = re.sub(r"[^a-z0-9]+", "-", anyascii(title).replace("'", "").lower()).strip("-")
    return check_name(bare[:40].strip("-"))


class BuildJobs:
    """The jobs of one data folder."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._home = settings.user_galleries.parent / "builds"

    def all(self) -> list[JobStatus]:
        """The jobs by name; a folder that holds none is left out."""
        names = sorted(path.parent.name for path in self._home.glob("*/job.json"))
        found = []
        for name in names:
            with contextlib.suppress(GalleryError):
                found.append(self.status(name))
        return found

    def add(
        self,
        title: str,
        file: str,
        content: bytes,
        bbox: Bounds | None = None,
        extract: str = "",
    ) -> BuildJob:
        """A new job, whose size is being counted; without a `file` for a map that is downloaded.

        Raises GalleryError for a bad or used title, and where there are too many jobs.
        """
        title = " ".join(title.split())[:_LONGEST_TITLE]
        name = name_of(title)
        taken = {card.name for card in list_galleries(self._settings)}
        if name in taken or (self._home / name).exists():
            raise GalleryError(f"there is a place {name!r} already; choose another title")
        if len(self.all()) >= MOST_JOBS:
            raise GalleryError(f"there are {MOST_JOBS} places of your own; remove one first")
        box = (bbox.west, bbox.south, bbox.east, bbox.north) if bbox else None
        file = _FILE.sub("_", file.lower())[-80:].lstrip("._-")
        job = BuildJob(name, title, file, box, extract=extract)
        folder = self._home / name
        folder.mkdir(parents=True)
        if job.file:
            write_bytes(folder / job.file, content, error=GalleryError)
        self._write(job)
        return self._run(job, "--estimate")

    def start(self, name: str) -> BuildJob:
        """Builds a job's gallery, or continues where it stopped. Raises GalleryError for an unknown
        job, and while another one is built."""
        busy = [one.job.title for one in self.all() if one.state in ("counting", "building")]
        if len(busy) >= MOST_AT_ONCE:
            raise GalleryError(f"{busy[0]} is being built; wait until it is over")
        job = replace(self._read(name), asked=True)
        return self._run(job, "--title", job.title, "--examples", str(_EXAMPLES))

    def stop(self, name: str) -> None:
        """Ends a job's process; `start` continues it. Raises GalleryError for an unknown job."""
        job = self._read(name)
        if job.pid and self._is_running(name):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(job.pid, signal.SIGINT)

    def rename(self, name: str, title: str) -> None:
        """Gives a job the title that its gallery has now. Raises GalleryError."""
        title = " ".join(title.split())[:_LONGEST_TITLE]
        self._write(replace(self._read(name), title=title))

    def forget(self, name: str) -> None:
        """Removes a job with its map file; its gallery stays. Raises GalleryError."""
        self.stop(name)
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(self._home / self._read(name).name)

    def status(self, name: str) -> JobStatus:
        """A job and how far it is. Raises GalleryError for an unknown one."""
        for process in _started:
            process.poll()
        job, said = self._read(name), self._said(name)
        size = self._json(name, "size.json")
        told = JobStatus(
            job,
            "counting",
            tiles=int(size.get("tiles", 0)),
            about_s=float(size.get("about_s", 0)),
            about_mb=float(size.get("about_mb", 0)),
        )
        if self._is_running(name):
            stage = _STAGE.findall(said)
            words, share = (stage[-1][0], int(stage[-1][1]) / 100) if stage else ("", 0.0)
            state: JobState = "building" if job.asked else "counting"
            return replace(told, state=state, stage=words.strip(), share=share)
        if job.asked:
            if self._json(name, "built.json").get("gallery") == job.name:
                return replace(told, state="built")
        elif told.tiles:
            return replace(told, state="counted")
        problem = _problem(said)
        return replace(told, state="failed" if problem else "stopped", problem=problem)

    def _run(self, job: BuildJob, *options: str) -> BuildJob:
        folder = self._home / job.name
        download = [f"--extract={job.extract}"] if job.extract else ["--overpass"]
        source = ["--from", str(folder / job.file)] if job.file else download
        command = [sys.executable, "-m", "core", "build", job.name, *source]
        if job.bbox:
            command.append("--bbox=" + ",".join(f"{edge:.6f}" for edge in job.bbox))
        answer = folder / ("built.json" if job.asked else "size.json")
        with (
            self._lock(job.name) as lock,
            answer.open("wb") as out,
            (folder / "log.txt").open("wb") as log,
        ):
            process = subprocess.Popen(
                [*command, *options, "--json"],
                cwd=ROOT,
                env=environment_of(self._settings),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=log,
                pass_fds=(lock,),
                start_new_session=True,
            )
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, process.pid, _NICE)
        _started.append(process)
        job = replace(job, pid=process.pid)
        self._write(job)
        return job

    @contextlib.contextmanager
    def _lock(self, name: str) -> Iterator[int]:
        """The lock of a job, which a process that gets it keeps. Raises GalleryError."""
        file = os.open(self._home / name / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock_file(file, name)
            yield file
        finally:
            os.close(file)

    def _is_running(self, name: str) -> bool:
        try:
            with self._lock(name):
                return False
        except GalleryError:
            return True

    def _read(self, name: str) -> BuildJob:
        raw = self._json(check_name(name), "job.json")
        try:
            box = raw.get("bbox")
            return BuildJob(**raw | {"bbox": tuple(box) if box else None})
        except TypeError as error:
            raise GalleryError(f"there is no job {name!r}") from error

    def _write(self, job: BuildJob) -> None:
        write_json(self._home / job.name / "job.json", asdict(job), error=GalleryError)

    def _json(self, name: str, file: str) -> dict[str, Any]:
        """The JSON object in a file of a job; empty where there is none yet."""
        try:
            raw = json.loads((self._home / name / file).read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return raw if isinstance(raw, dict) else {}

    def _said(self, name: str) -> str:
        """The end of what the process wrote to its standard error."""
        try:
            content = (self._home / name / "log.txt").read_bytes()
        except OSError:
            return ""
        return content[-_LONGEST_LOG:].decode("utf-8", "replace")


def _lock_file(file: int, name: str) -> None:
    """Takes a lock, which others who only look may hold for a moment. Raises GalleryError."""
    import fcntl

    for _ in range(_TRIES):
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        time.sleep(_LOOK_S)
    raise GalleryError(f"{name} is being built already")


def _problem(said: str) -> str:
    """The line with which a process ended by itself, "" where it was stopped or killed."""
    lines = [line.strip() for line in re.split(r"[\r\n]+", said) if line.strip()]
    last = lines[-1] if lines else ""
    stopped = last.startswith("saywhere: stopped") or last == "KeyboardInterrupt"
    if stopped or _STAGE.search(last):
        return ""
    if last.startswith("saywhere: "):
        return last.removeprefix("saywhere: ")[:300]
    return f"the build met a fault of ours: {last[:200]}" if "Traceback" in said else ""
