CREATE TABLE schema_version (version INTEGER PRIMARY KEY, migrated_at TEXT NOT NULL);
CREATE TABLE reports (
        report_id TEXT PRIMARY KEY, title TEXT NOT NULL, source TEXT NOT NULL,
        gallery TEXT NOT NULL, model TEXT NOT NULL, scope TEXT NOT NULL, channels TEXT NOT NULL,
        imported_at TEXT NOT NULL);
CREATE TABLE answers (
        report_id TEXT NOT NULL REFERENCES reports, number INTEGER NOT NULL,
        query_key TEXT NOT NULL, query_id TEXT NOT NULL, text TEXT NOT NULL,
        tile_id TEXT NOT NULL, lat DOUBLE PRECISION NOT NULL, lon DOUBLE PRECISION NOT NULL,
        rank INTEGER, top_tile TEXT NOT NULL, top_lat DOUBLE PRECISION NOT NULL,
        top_lon DOUBLE PRECISION NOT NULL, distance_m DOUBLE PRECISION NOT NULL,
        confidence DOUBLE PRECISION, said TEXT, channels TEXT NOT NULL, signs TEXT NOT NULL,
        PRIMARY KEY (report_id, number));
CREATE INDEX answers_of_query ON answers (query_key);
CREATE TABLE cases (
        case_id TEXT PRIMARY KEY, report_id TEXT NOT NULL, number INTEGER NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('failure', 'near miss', 'control')),
        difficulty DOUBLE PRECISION NOT NULL, lot BIGINT NOT NULL,
        FOREIGN KEY (report_id, number) REFERENCES answers);
CREATE TABLE annotators (
        name TEXT PRIMARY KEY, seed BIGINT NOT NULL,
        ordering TEXT NOT NULL CHECK (ordering IN ('hardest', 'shuffled')), joined_at TEXT NOT NULL);
CREATE TABLE skips (
        annotator TEXT NOT NULL REFERENCES annotators, case_id TEXT NOT NULL REFERENCES cases,
        at TEXT NOT NULL, PRIMARY KEY (annotator, case_id));
CREATE TABLE verdicts (
        seq {sequence}, verdict_id TEXT NOT NULL UNIQUE,
        case_id TEXT NOT NULL REFERENCES cases, annotator TEXT NOT NULL REFERENCES annotators,
        verdict TEXT CHECK (verdict IN ('right place, another name for it', 'same street or place, wrong tile', 'several places fit', 'description wrong', 'description too vague', 'map or picture out of date', 'model error', 'cannot tell')),
        undoes TEXT REFERENCES verdicts (verdict_id), final INTEGER NOT NULL, note TEXT NOT NULL,
        took_ms INTEGER, at TEXT NOT NULL,
        CHECK ((verdict IS NULL) <> (undoes IS NULL)));
CREATE INDEX verdicts_of_case ON verdicts (case_id, annotator);
CREATE INDEX verdicts_of_annotator ON verdicts (annotator);
CREATE INDEX verdicts_undone ON verdicts (undoes);
CREATE VIEW kept AS SELECT v.* FROM verdicts v WHERE v.verdict IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM verdicts u WHERE u.undoes = v.verdict_id);
CREATE VIEW standing AS SELECT k.* FROM kept k WHERE NOT EXISTS (SELECT 1 FROM kept later
        WHERE later.case_id = k.case_id AND later.annotator = k.annotator
        AND later.final = k.final AND later.seq > k.seq);
INSERT INTO schema_version VALUES (1, '2026-01-02T12:00:00.000+00:00'), (2, '2026-01-02T12:00:00.000+00:00');
INSERT INTO reports VALUES ('r0', 'run.json', 'evaluate', 'tinycity', 'compact', 'full', '["image"]', '2026-01-02T12:00:00.000+00:00');
INSERT INTO answers VALUES ('r0', 0, 'k0', 'q0', 'a red house 0', 't0', 60.1, 24.9, 6, 'top', 60.2, 24.8, 900.0, NULL, NULL, '{}', '{}');
INSERT INTO cases VALUES ('c0', 'r0', 0, 'failure', 0.5, 7);
INSERT INTO annotators VALUES ('Ada', 3, 'hardest', '2026-01-02T12:00:00.000+00:00'), ('Ben', 4, 'shuffled', '2026-01-02T12:00:00.000+00:00');
INSERT INTO skips VALUES ('Ben', 'c0', '2026-01-02T12:00:00.000+00:00');
INSERT INTO verdicts (verdict_id, case_id, annotator, verdict, undoes, final, note, took_ms, at) VALUES ('00000000-0000-4000-8000-000000000001', 'c0', 'Ada', 'model error', NULL, 0, '', 1200, '2026-01-02T12:00:00.000+00:00');
INSERT INTO verdicts (verdict_id, case_id, annotator, verdict, undoes, final, note, took_ms, at) VALUES ('00000000-0000-4000-8000-000000000002', 'c0', 'Ada', 'several places fit', NULL, 0, '', 1200, '2026-01-02T12:00:00.000+00:00');
INSERT INTO verdicts (verdict_id, case_id, annotator, verdict, undoes, final, note, took_ms, at) VALUES ('00000000-0000-4000-8000-000000000003', 'c0', 'Ada', NULL, '00000000-0000-4000-8000-000000000002', 0, '', 1200, '2026-01-02T12:00:00.000+00:00');
INSERT INTO verdicts (verdict_id, case_id, annotator, verdict, undoes, final, note, took_ms, at) VALUES ('00000000-0000-4000-8000-000000000004', 'c0', 'Ben', 'cannot tell', NULL, 0, '', 1200, '2026-01-02T12:00:00.000+00:00');
