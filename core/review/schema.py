"""The tables of a store of cases, their versions, and the migration of older stores.

The steps are plain SQL for SQLite and PostgreSQL. A step is never edited after its release; a
change is a new step.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Float,
    Integer,
    MetaData,
    Table,
    Text,
    inspect,
    text,
)

from core.errors import CasesError

APPLICATION_ID = 0x53617957
"""The application id of our SQLite files ("SayW")."""

_LOCK = 0x53617957
_SEQUENCE = {
    "sqlite": "INTEGER PRIMARY KEY AUTOINCREMENT",
    "postgresql": "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
}


_INDEXES = (
    "CREATE INDEX verdicts_of_case ON verdicts (case_id, annotator)",
    "CREATE INDEX verdicts_of_annotator ON verdicts (annotator)",
    "CREATE INDEX verdicts_undone ON verdicts (undoes)",
)
_VIEWS = (
    """CREATE VIEW kept AS SELECT v.* FROM verdicts v WHERE v.verdict IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM verdicts u WHERE u.undoes = v.verdict_id)""",
    """CREATE VIEW standing AS SELECT k.* FROM kept k WHERE NOT EXISTS (SELECT 1 FROM kept later
        WHERE later.case_id = k.case_id AND later.annotator = k.annotator
        AND later.final = k.final AND later.seq > k.seq)""",
)
"""A row of `verdicts` is a verdict or the undoing of one. The view `kept` has the verdicts not
undone, `standing` the current ones: the last of each annotator for a case. `final` is 1 for an
adjudicator's verdict."""

_TABLES = (
    """CREATE TABLE reports (
        report_id TEXT PRIMARY KEY, title TEXT NOT NULL, source TEXT NOT NULL,
        gallery TEXT NOT NULL, model TEXT NOT NULL, scope TEXT NOT NULL, channels TEXT NOT NULL,
        imported_at TEXT NOT NULL)""",
    """CREATE TABLE answers (
        report_id TEXT NOT NULL REFERENCES reports, number INTEGER NOT NULL,
        query_key TEXT NOT NULL, query_id TEXT NOT NULL, text TEXT NOT NULL,
        tile_id TEXT NOT NULL, lat DOUBLE PRECISION NOT NULL, lon DOUBLE PRECISION NOT NULL,
        rank INTEGER, top_tile TEXT NOT NULL, top_lat DOUBLE PRECISION NOT NULL,
        top_lon DOUBLE PRECISION NOT NULL, distance_m DOUBLE PRECISION NOT NULL,
        confidence DOUBLE PRECISION, said TEXT, channels TEXT NOT NULL, signs TEXT NOT NULL,
        PRIMARY KEY (report_id, number))""",
    "CREATE INDEX answers_of_query ON answers (query_key)",
    """CREATE TABLE cases (
        case_id TEXT PRIMARY KEY, report_id TEXT NOT NULL, number INTEGER NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('failure', 'near miss', 'control')),
        difficulty DOUBLE PRECISION NOT NULL, lot BIGINT NOT NULL,
        FOREIGN KEY (report_id, number) REFERENCES answers)""",
    """CREATE TABLE annotators (
        name TEXT PRIMARY KEY, seed BIGINT NOT NULL,
        ordering TEXT NOT NULL CHECK (ordering IN ('hardest', 'shuffled')),
        joined_at TEXT NOT NULL)""",
    """CREATE TABLE skips (
        annotator TEXT NOT NULL REFERENCES annotators, case_id TEXT NOT NULL REFERENCES cases,
        at TEXT NOT NULL, PRIMARY KEY (annotator, case_id))""",
    """CREATE TABLE verdicts (
        seq {sequence}, verdict_id TEXT NOT NULL UNIQUE,
        case_id TEXT NOT NULL REFERENCES cases, annotator TEXT NOT NULL REFERENCES annotators,
        verdict TEXT CHECK (verdict IN ('right place, another name for it',
            'same street or place, wrong tile', 'several places fit', 'description wrong',
            'description too vague', 'map or picture out of date', 'model error',
            'cannot tell')),
        undoes TEXT REFERENCES verdicts (verdict_id), final INTEGER NOT NULL, note TEXT NOT NULL,
        took_ms INTEGER, at TEXT NOT NULL,
        CHECK ((verdict IS NULL) <> (undoes IS NULL)))""",
    *_INDEXES,
    *_VIEWS,
)

_APPEND_ONLY = {
    "sqlite": tuple(
        f"CREATE TRIGGER verdicts_no_{verb} BEFORE {verb} ON verdicts "
        "BEGIN SELECT RAISE(ABORT, 'verdicts are never changed'); END"
        for verb in ("UPDATE", "DELETE")
    ),
    "postgresql": (
        """CREATE FUNCTION verdicts_stay() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'verdicts are never changed'; END $$""",
        """CREATE TRIGGER verdicts_stay BEFORE UPDATE OR DELETE ON verdicts
        FOR EACH ROW EXECUTE FUNCTION verdicts_stay()""",
    ),
}

_ANY_VERDICT = {
    "sqlite": (
        "DROP VIEW standing",
        "DROP VIEW kept",
        """CREATE TABLE verdicts_of_any_kind (
        seq {sequence}, verdict_id TEXT NOT NULL UNIQUE,
        case_id TEXT NOT NULL REFERENCES cases, annotator TEXT NOT NULL REFERENCES annotators,
        verdict TEXT, undoes TEXT REFERENCES verdicts_of_any_kind (verdict_id),
        final INTEGER NOT NULL, note TEXT NOT NULL, took_ms INTEGER, at TEXT NOT NULL,
        CHECK ((verdict IS NULL) <> (undoes IS NULL)))""",
        """INSERT INTO verdicts_of_any_kind (seq, verdict_id, case_id, annotator, verdict, undoes,
        final, note, took_ms, at) SELECT seq, verdict_id, case_id, annotator, verdict, undoes,
        final, note, took_ms, at FROM verdicts ORDER BY seq""",
        "DROP TABLE verdicts",
        "ALTER TABLE verdicts_of_any_kind RENAME TO verdicts",
        *_INDEXES,
        *_VIEWS,
        *_APPEND_ONLY["sqlite"],
    ),
    "postgresql": ("ALTER TABLE verdicts DROP CONSTRAINT verdicts_verdict_check",),
}
"""Removes the list of verdicts from the tables; the app checks verdicts when it writes them.

SQLite can drop a CHECK only together with its table. The views are dropped and made again, since a
table that a view reads cannot be renamed. The new table refers to itself; the rename changes that
reference to `verdicts`, and dropping the old table leaves no row without its parent."""

_WORK = (
    """CREATE TABLE guidelines (
        seq {sequence}, verdict TEXT NOT NULL, text TEXT NOT NULL, author TEXT NOT NULL,
        at TEXT NOT NULL)""",
    """CREATE TABLE key_bindings (
        annotator TEXT NOT NULL REFERENCES annotators, action TEXT NOT NULL, key TEXT NOT NULL,
        PRIMARY KEY (annotator, action))""",
    """CREATE TABLE tasks (
        annotator TEXT NOT NULL REFERENCES annotators, case_id TEXT NOT NULL REFERENCES cases,
        at TEXT NOT NULL, PRIMARY KEY (annotator, case_id))""",
    "CREATE INDEX tasks_of_case ON tasks (case_id)",
)
"""How people work: the wording of each verdict's definition (the last row counts, the others are
its history), each annotator's own keys, and the cases that were assigned."""

STEPS = (
    {"sqlite": _TABLES, "postgresql": _TABLES},
    _APPEND_ONLY,
    _ANY_VERDICT,
    {"sqlite": _WORK, "postgresql": _WORK},
)
"""The migration steps: the first makes version 1 of an empty database, and so on."""

tables = MetaData()

reports = Table(
    "reports",
    tables,
    Column("report_id", Text, primary_key=True),
    *(
        Column(name, Text)
        for name in ("title", "source", "gallery", "model", "scope", "channels", "imported_at")
    ),
)
answers = Table(
    "answers",
    tables,
    Column("report_id", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    *(Column(name, Text) for name in ("query_key", "query_id", "text", "tile_id")),
    Column("lat", Float),
    Column("lon", Float),
    Column("rank", Integer),
    Column("top_tile", Text),
    *(Column(name, Float) for name in ("top_lat", "top_lon", "distance_m", "confidence")),
    *(Column(name, Text) for name in ("said", "channels", "signs")),
)
cases = Table(
    "cases",
    tables,
    Column("case_id", Text, primary_key=True),
    Column("report_id", Text),
    Column("number", Integer),
    Column("kind", Text),
    Column("difficulty", Float),
    Column("lot", BigInteger),
)
annotators = Table(
    "annotators",
    tables,
    Column("name", Text, primary_key=True),
    Column("seed", BigInteger),
    Column("ordering", Text),
    Column("joined_at", Text),
)
skips = Table(
    "skips",
    tables,
    Column("annotator", Text, primary_key=True),
    Column("case_id", Text, primary_key=True),
    Column("at", Text),
)
guidelines = Table(
    "guidelines",
    tables,
    Column("seq", BigInteger, primary_key=True),
    *(Column(name, Text) for name in ("verdict", "text", "author", "at")),
)
key_bindings = Table(
    "key_bindings",
    tables,
    Column("annotator", Text, primary_key=True),
    Column("action", Text, primary_key=True),
    Column("key", Text),
)
tasks = Table(
    "tasks",
    tables,
    Column("annotator", Text, primary_key=True),
    Column("case_id", Text, primary_key=True),
    Column("at", Text),
)


def _verdict_columns() -> tuple[Column[object], ...]:
    return (
        Column("seq", BigInteger, primary_key=True),
        Column("verdict_id", Text),
        Column("case_id", Text),
        Column("annotator", Text),
        Column("verdict", Text),
        Column("undoes", Text),
        Column("final", Integer),
        Column("note", Text),
        Column("took_ms", Integer),
        Column("at", Text),
    )


verdicts = Table("verdicts", tables, *_verdict_columns())
kept = Table("kept", tables, *_verdict_columns())
standing = Table("standing", tables, *_verdict_columns())


def version_of(connection: Connection) -> int:
    """The version of a store, 0 for an empty database.

    Raises CasesError if the database has other tables.
    """
    names = inspect(connection).get_table_names()
    if "schema_version" in names:
        version = connection.execute(text("SELECT max(version) FROM schema_version")).scalar()
        return int(version or 0)
    if set(names) & {"reports", "answers", "cases", "annotators", "skips", "verdicts"} or (
        connection.dialect.name == "sqlite" and names
    ):
        raise CasesError(
            f"the database has tables of another program ({', '.join(sorted(names)[:3])}); give "
            "the store a database of its own"
        )
    return 0


def migrate(connection: Connection, at: str) -> int:
    """Migrates a store to the newest version in the open transaction; returns the old version.

    Several processes may call it at once: one does the work, the others wait. Raises CasesError for
    a store of a newer app.
    """
    kind = connection.dialect.name
    if kind == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
    old_version = version_of(connection)
    if old_version > len(STEPS):
        raise CasesError(
            f"the store has version {old_version}, this app reads up to {len(STEPS)}; update the "
            "app"
        )
    if old_version == 0:
        connection.execute(
            text(
                "CREATE TABLE schema_version "
                "(version INTEGER PRIMARY KEY, migrated_at TEXT NOT NULL)"
            )
        )
        if kind == "sqlite":
            connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
    for version, step in enumerate(STEPS[old_version:], old_version + 1):
        for statement in step[kind]:
            # Not `text`: the SQL has colons and percent signs that are not parameters.
            connection.exec_driver_sql(statement.replace("{sequence}", _SEQUENCE[kind]))
        connection.execute(
            text("INSERT INTO schema_version VALUES (:version, :at)"),
            {"version": version, "at": at},
        )
    return old_version
