"""History is added, never edited: the database itself refuses UPDATE and DELETE on audit events.

Also the ways around triggers on rows: REPLACE on SQLite (which deletes without a word), TRUNCATE on PostgreSQL.
"""

SQLITE = [
    """CREATE TRIGGER reviews_auditevent_no_update BEFORE UPDATE ON reviews_auditevent
       BEGIN SELECT RAISE(ABORT, 'audit events are append-only'); END""",
    """CREATE TRIGGER reviews_auditevent_no_delete BEFORE DELETE ON reviews_auditevent
       BEGIN SELECT RAISE(ABORT, 'audit events are append-only'); END""",
    """CREATE TRIGGER reviews_auditevent_no_replace BEFORE INSERT ON reviews_auditevent
       WHEN EXISTS (SELECT 1 FROM reviews_auditevent WHERE id = NEW.id)
       BEGIN SELECT RAISE(ABORT, 'audit events are append-only'); END""",
]
SQLITE_UNDO = [
    "DROP TRIGGER reviews_auditevent_no_replace",
    "DROP TRIGGER reviews_auditevent_no_update",
    "DROP TRIGGER reviews_auditevent_no_delete",
]
POSTGRESQL = [
    """CREATE FUNCTION reviews_auditevent_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN RAISE EXCEPTION 'audit events are append-only'; END $$""",
    """CREATE TRIGGER reviews_auditevent_append_only BEFORE UPDATE OR DELETE ON reviews_auditevent
       FOR EACH ROW EXECUTE FUNCTION reviews_auditevent_refuse()""",
    """CREATE TRIGGER reviews_auditevent_no_truncate BEFORE TRUNCATE ON reviews_auditevent
       FOR EACH STATEMENT EXECUTE FUNCTION reviews_auditevent_refuse()""",
]
POSTGRESQL_UNDO = [
    "DROP TRIGGER reviews_auditevent_no_truncate ON reviews_auditevent",
    "DROP TRIGGER reviews_auditevent_append_only ON reviews_auditevent",
    "DROP FUNCTION reviews_auditevent_refuse()",
]


def _run(schema_editor, sqlite, postgresql):
    for statement in sqlite if schema_editor.connection.vendor == "sqlite" else postgresql:
        schema_editor.execute(statement)


def add(apps, schema_editor):
    _run(schema_editor, SQLITE, POSTGRESQL)


def remove(apps, schema_editor):
    _run(schema_editor, SQLITE_UNDO, POSTGRESQL_UNDO)
