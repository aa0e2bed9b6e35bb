"""Checks that are kept for a day, and the files that they were made from."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

CALLER = "(SELECT current_setting('geomiljo.caller', true))"
HIDDEN = "(SELECT caller_hidden())"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE upload (
            id varchar PRIMARY KEY,
            caller_id varchar NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            expires_at timestamptz NOT NULL,
            name varchar NOT NULL,
            size_bytes bigint NOT NULL,
            content bytea NOT NULL
        )
    """)
    op.execute("ALTER TABLE upload ALTER COLUMN content SET STORAGE EXTERNAL")  # mostly compressed already
    op.execute("CREATE INDEX upload_expires_at ON upload (expires_at)")
    op.execute("""
        CREATE TABLE kept_check (
            id varchar PRIMARY KEY,
            upload_id varchar NOT NULL REFERENCES upload (id) ON DELETE CASCADE,
            caller_id varchar NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            expires_at timestamptz NOT NULL,
            name varchar NOT NULL,
            area_m2 double precision NOT NULL,
            area jsonb NOT NULL,
            stage varchar,
            hidden varchar[] NOT NULL,
            layer_versions jsonb NOT NULL,
            severity varchar,
            touched integer[] NOT NULL,
            unknown integer[] NOT NULL,
            finding_count integer NOT NULL,
            document bytea NOT NULL
        )
    """)
    op.execute("CREATE INDEX kept_check_of_caller ON kept_check (caller_id, created_at)")
    op.execute("CREATE INDEX kept_check_expires_at ON kept_check (expires_at)")
    op.execute("ALTER TABLE kept_check ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY kept_check_seen ON kept_check FOR SELECT USING (hidden @> {HIDDEN})")
    op.execute(
        "CREATE POLICY kept_check_added ON kept_check FOR INSERT"
        f" WITH CHECK (caller_id = {CALLER} AND hidden @> {HIDDEN})"
    )
    # a file is its sender's, and of those who may see a check of it: they may keep it as a plan
    op.execute("ALTER TABLE upload ENABLE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY upload_seen ON upload FOR SELECT USING (caller_id = {CALLER}"
        " OR EXISTS (SELECT FROM kept_check WHERE kept_check.upload_id = upload.id))"
    )
    op.execute(f"CREATE POLICY upload_added ON upload FOR INSERT WITH CHECK (caller_id = {CALLER})")
    op.execute(
        "CREATE POLICY upload_prolonged ON upload FOR UPDATE"
        f" USING (caller_id = {CALLER}) WITH CHECK (caller_id = {CALLER})"
    )


def downgrade() -> None:
    op.execute("DROP POLICY upload_seen ON upload")
    op.execute("DROP TABLE kept_check")
    op.execute("DROP TABLE upload")
