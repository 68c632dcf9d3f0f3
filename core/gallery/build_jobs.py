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
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from anyascii import anyascii

from core.errors import GalleryError
from core.files import write_bytes, write_json
from core.gallery import build_turn
from core.gallery.build_log import problem_in, waits
from core.gallery.build_steps import (
    NOT_BEGUN,
    STEPS,
    TWIN_STEPS,
    BuildProgress,
    BuildStep,
    progress_in,
)
from core.gallery.cards import GalleryCard, list_galleries
from core.gallery.job_imagery import (
    GivenFile,
    ImagerySize,
    checked_source,
    keep_files,
    options_of,
    size_in,
)
from core.gallery.manifest import check_name
from core.geo import Bounds
from core.settings import ROOT, Settings, environment_of

JobState = Literal["counting", "counted", "waiting", "building", "built", "stopped", "failed"]

MOST_JOBS = 20
"""Most galleries of a user's own that a page may make."""
_NICE = 10
"""A build waits for those who search."""
_EXAMPLES = 5
_LONGEST_TITLE, _LONGEST_CREDIT = 60, 200
_LONGEST_LOG = 20_000
_TRIES, _LOOK_S = 5, 0.01
_FILE = re.compile(r"[^a-z0-9._-]+")
_started: list["subprocess.Popen[bytes]"] = []
"""Our own processes, so that none that ended is left for the system to remember."""


@dataclass(frozen=True, slots=True)
class BuildJob:
    """What to build: a map file of the job's folder, or the part of it within `bbox` (west, south,
    east, north). Without a `file` the map is downloaded: that at the address `extract`, else that
    of the box. `asked` says whether the build was started, after its size was counted; it waits for
    the jobs in `after`, one at a time is built. `imagery` names an open source of pictures from
    above, or files of the job's folder, "" for none, and `credit` the line to show beside those
    files; `kept` is the number of steps that earlier runs finished."""

    name: str
    title: str
    file: str
    bbox: tuple[float, float, float, float] | None = None
    asked: bool = False
    pid: int = 0
    extract: str = ""
    after: tuple[str, ...] = ()
    imagery: str = ""
    credit: str = ""
    kept: int = 0


@dataclass(frozen=True, slots=True)
class JobStatus:
    """A job and how far it is: its `progress`, and the `problem` that ended it. `tiles`, `about_s`,
    `about_mb` and `ground` are its size, 0 and None until that is counted; `outline` has its ways
    as polygons, and `imagery` tells of its pictures from above. `ahead` has the titles of the
    builds that it waits for, the next to end first."""

    job: BuildJob
    state: JobState
    progress: BuildProgress = NOT_BEGUN
    problem: str = ""
    tiles: int = 0
    about_s: float = 0.0
    about_mb: float = 0.0
    ground: Bounds | None = None
    ahead: tuple[str, ...] = ()
    outline: Sequence[Any] = ()
    imagery: ImagerySize | None = None

    @property
    def left_s(self) -> float:
        """About how long the build will still take, in seconds."""
        return self.progress.left_s(self.about_s)


def name_of(title: str) -> str:
    """A gallery's name from its title. Raises GalleryError where nothing is left of it."""
    bare = re.sub(r"[^a-z0-9]+", "-", anyascii(title).replace("'", "").lower()).strip("-")
    return check_name(bare[:40].strip("-"))


def unfinished_builds(settings: Settings) -> frozenset[str]:
    """The names of the galleries whose build was started and is not over: they wait, run, were
    stopped, or failed."""
    jobs = BuildJobs(settings)
    return frozenset(name for name in jobs.names() if jobs.is_unfinished(name))


def finished_galleries(settings: Settings) -> tuple[GalleryCard, ...]:
    """All galleries, damaged ones included, but those whose build is still to be finished, such as
    one that was stopped before its pictures were learned: it would be judged by words alone, beside
    others that are judged by pictures, too."""
    unfinished = unfinished_builds(settings)
    return tuple(card for card in list_galleries(settings) if card.name not in unfinished)


class BuildJobs:
    """The jobs of one data folder."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._home = settings.user_galleries.parent / "builds"

    def all(self) -> list[JobStatus]:
        """The jobs by name; a folder that holds none is left out."""
        found = []
        for name in self.names():
            with contextlib.suppress(GalleryError):
                found.append(self.status(name))
        return found

    def names(self) -> list[str]:
        """The names of the jobs, in order."""
        return sorted(path.parent.name for path in self._home.glob("*/job.json"))

    def is_unfinished(self, name: str) -> bool:
        """Whether the build of a job was started and is not over."""
        asked = self._json(name, "job.json").get("asked") is True
        return asked and self._json(name, "built.json").get("gallery") != name

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
        return self._count(job)

    def start(self, name: str) -> BuildJob:
        """Builds a job's gallery, or continues where it stopped; while others are built it waits
        for them, in a process that begins by itself. Raises GalleryError for an unknown job, and
        for one that runs already."""
        job = self._read(name)
        ahead = [one for one in self.all() if one.state in ("building", "waiting")]
        ahead.sort(key=lambda one: (one.state == "waiting", len(one.ahead)))
        after = tuple(one.job.name for one in ahead if one.job.name != name)
        done = progress_in(self._said(name), _steps_of(job)).step - 1 if job.asked else 0
        job = replace(job, asked=True, after=after, kept=max(done, job.kept))
        return self._run(job, "--title", job.title, "--examples", str(_EXAMPLES))

    def count(self, name: str, bbox: Bounds | None = None) -> BuildJob:
        """Counts a job anew, for the part of its map within `bbox` if there is one. Raises
        GalleryError for an unknown job, one that was started, and a box beside its ground."""
        one = self.status(name)
        job = one.job
        if job.asked:
            raise GalleryError(f"{job.title} was started; its box cannot be changed")
        if bbox is not None:
            if one.ground is not None and not _meet(one.ground, bbox):
                raise GalleryError(f"the box has nothing of {job.title}; draw it on its ground")
            job = replace(job, bbox=(bbox.west, bbox.south, bbox.east, bbox.north))
        return self._count(job)

    def add_imagery(
        self, name: str, source: str, files: Sequence[GivenFile] = (), credit: str = ""
    ) -> BuildJob:
        """Counts a job anew with pictures from above: of `files` and their `credit`, else of an
        open `source`, and without any where both are empty. Raises GalleryError for what cannot be
        kept, and for a job that runs."""
        job, folder = self._read(name), self._home / check_name(name)
        if self._is_running(name):
            raise GalleryError(f"{job.title} is being built; stop it first")
        imagery = keep_files(folder, files) if files else checked_source(source) if source else ""
        credit = " ".join(credit.split())[:_LONGEST_CREDIT] if files else ""
        job = replace(job, imagery=imagery, credit=credit, asked=False, after=(), kept=0)
        return self._count(job)

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
        edges = size.get("bounds")
        told = JobStatus(
            job,
            "counting",
            tiles=int(size.get("tiles", 0)),
            about_s=float(size.get("about_s", 0)),
            about_mb=float(size.get("about_mb", 0)),
            ground=Bounds(*edges) if isinstance(edges, list) and len(edges) == 4 else None,
            outline=size.get("outline", ()),
            imagery=size_in(size.get("imagery")),
        )
        if self._is_running(name):
            if not job.asked:
                return told
            if waits(said):
                return replace(told, state="waiting", ahead=self._titles_running(job.after))
            progress = progress_in(said, _steps_of(job)).going_on(job.kept)
            return replace(told, state="building", progress=progress)
        if job.asked:
            if self._json(name, "built.json").get("gallery") == job.name:
                return replace(told, state="built")
        elif told.tiles:
            return replace(told, state="counted")
        problem = problem_in(said)
        return replace(told, state="failed" if problem else "stopped", problem=problem)

    def _titles_running(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """The titles of those jobs that still run."""
        titles = []
        for name in names:
            with contextlib.suppress(GalleryError):
                job = self._read(name)
                if self._is_running(name):
                    titles.append(job.title)
        return tuple(titles)

    def _count(self, job: BuildJob) -> BuildJob:
        return self._run(job, "--estimate", "--outline")

    def _run(self, job: BuildJob, *options: str) -> BuildJob:
        folder = self._home / job.name
        download = [f"--extract={job.extract}"] if job.extract else ["--overpass"]
        source = ["--from", str(folder / job.file)] if job.file else download
        command = [sys.executable, "-m", "core", "build", job.name, *source]
        if job.bbox:
            command.append("--bbox=" + ",".join(f"{edge:.6f}" for edge in job.bbox))
        command += options_of(folder, job.imagery, job.credit)
        answer = folder / ("built.json" if job.asked else "size.json")
        with (
            self._new_lock(job.name) as lock,
            answer.open("wb") as out,
            (folder / "log.txt").open("wb") as log,
        ):
            if job.after:
                log.write(build_turn.WAITS.encode())
                log.flush()
            locks = [str(self._home / name / "lock") for name in job.after]
            turn = [sys.executable, "-I", build_turn.__file__, str(len(locks)), *locks]
            process = subprocess.Popen(
                [*turn, *command, *options, "--json"],
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

    @contextlib.contextmanager
    def _new_lock(self, name: str) -> Iterator[int]:
        """A new file as the lock of a job, so that those who wait for a run that was stopped do not
        wait for the next one, which may wait for them. Raises GalleryError."""
        path = self._home / name / "lock"
        with self._lock(name):
            file = os.open(path.with_name("lock.new"), os.O_RDWR | os.O_CREAT, 0o600)
            try:
                _lock_file(file, name)
                path.with_name("lock.new").replace(path)
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
            box, after = raw.get("bbox"), tuple(raw.get("after", ()))
            return BuildJob(**raw | {"bbox": tuple(box) if box else None, "after": after})
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


def _steps_of(job: BuildJob) -> tuple[BuildStep, ...]:
    return TWIN_STEPS if job.imagery else STEPS


def _meet(one: Bounds, other: Bounds) -> bool:
    """Whether two boxes have ground in common."""
    across = one.west <= other.east and other.west <= one.east
    return across and one.south <= other.north and other.south <= one.north
