"""The county's work: findings that are known again, drafts of statements, saved views."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

CALLER = "(SELECT current_setting('geomiljo.caller', true))"
OF_PLAN = "EXISTS (SELECT FROM plan WHERE plan.id = plan_id)"


def upgrade() -> None:
    op.execute("""
        ALTER TABLE assessment ADD COLUMN footing varchar NOT NULL
            GENERATED ALWAYS AS (md5(layer_versions::text || catalogue_version || method_version)) STORED
    """)
    # findings that are kept already are known again in their own assessment alone
    op.execute("ALTER TABLE finding ADD COLUMN digest varchar, DISABLE TRIGGER never_changed")
    op.execute("UPDATE finding SET digest = assessment_key || ' ' || id")
    op.execute("ALTER TABLE finding ALTER COLUMN digest SET NOT NULL, ENABLE TRIGGER never_changed")
    op.execute("""
        CREATE INDEX finding_judged ON finding (assessment_key, rule, conditional)
            INCLUDE (id, digest, severity, ground, layer)
    """)
    op.execute("ALTER TABLE review_statement ADD COLUMN included boolean NOT NULL DEFAULT true")
    op.execute("""
        CREATE TABLE statement_draft (
            plan_id uuid NOT NULL REFERENCES plan (id) ON DELETE CASCADE,
            by_id varchar NOT NULL,
            rule varchar NOT NULL,
            conditional boolean NOT NULL,
            digest varchar NOT NULL,
            stance varchar CONSTRAINT draft_stance_is_known CHECK (stance IN (
                'agree', 'dispute', 'handled', 'investigate')),
            text varchar NOT NULL,
            included boolean NOT NULL,
            revision integer NOT NULL,
            changed_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (plan_id, by_id, rule, conditional)
        )
    """)
    op.execute("""
        CREATE TABLE saved_view (
            by_id varchar NOT NULL,
            name varchar NOT NULL,
            query varchar NOT NULL,
            saved_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (by_id, name)
        )
    """)
    for table, is_seen in (("statement_draft", f"by_id = {CALLER} AND {OF_PLAN}"), ("saved_view", f"by_id = {CALLER}")):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY {table}_own ON {table} USING ({is_seen}) WITH CHECK ({is_seen})")


def downgrade() -> None:
    op.execute("DROP TABLE saved_view")
    op.execute("DROP TABLE statement_draft")
    op.execute("ALTER TABLE review_statement DROP COLUMN included")
    op.execute("DROP INDEX finding_judged")
    op.execute("ALTER TABLE finding DROP COLUMN digest")
    op.execute("ALTER TABLE assessment DROP COLUMN footing")
