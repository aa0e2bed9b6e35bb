"""API keys, sessions, roles and row-level security."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

PUBLISHED = "'samråd', 'granskning', 'antagen', 'överklagad', 'tillsyn', 'laga kraft', 'upphävd'"
FUNCTIONS = {
    "caller_role": "current_setting('geomiljo.role', true)",
    "caller_municipality": "nullif(current_setting('geomiljo.municipality', true), '')",
    "caller_county": "nullif(current_setting('geomiljo.county', true), '')",
}
# (SELECT …) is worked out once for a statement, not once for a row
ROLE, MUNICIPALITY, COUNTY = (f"(SELECT {name}())" for name in FUNCTIONS)
HIDDEN = "(SELECT caller_hidden())"
OWN = f"""(
    {ROLE} = 'admin'
    OR {ROLE} = 'planner' AND municipality = {MUNICIPALITY}
    OR {ROLE} = 'reviewer' AND county = {COUNTY} AND stage IN ({PUBLISHED}) AND state <> 'withdrawn'
)"""
WRITES = f"({ROLE} = 'admin' OR {ROLE} = 'planner' AND municipality = {MUNICIPALITY})"
SEES = f"({WRITES} OR stage IN ({PUBLISHED}) AND state <> 'withdrawn')"


def of_plan(condition: str = "true") -> str:
    return f"EXISTS (SELECT FROM plan WHERE plan.id = plan_id AND {condition})"


OF_ASSESSMENT = "EXISTS (SELECT FROM assessment WHERE assessment.key = assessment_key)"
OF_VERSION = "EXISTS (SELECT FROM plan_version WHERE plan_version.id = version_id)"
NOT_HIDDEN = f"hidden @> {HIDDEN}"
LAYER_SEEN = f"NOT ARRAY[layer] && {HIDDEN}"
SIGNED_IN = f"{ROLE} IN ('admin', 'planner', 'reviewer')"
OF_STATEMENT = f"{of_plan()} AND CASE WHEN layer IS NULL THEN {OF_ASSESSMENT} ELSE {LAYER_SEEN} END"
OF_REPORT = "EXISTS (SELECT FROM object_report WHERE object_report.id = report_id)"
# table: what is seen, what may be written; rows of rows follow those that they belong to
POLICIES = {
    "plan": (SEES, WRITES),
    "plan_version": (of_plan(), of_plan(WRITES)),
    "plan_event": (of_plan(), of_plan(WRITES)),
    "plan_part": (OF_VERSION, OF_VERSION),
    "assessment": (f"{of_plan()} AND {NOT_HIDDEN}", f"{of_plan(OWN)} AND {NOT_HIDDEN}"),
    "latest_assessment": (f"{of_plan()} AND {NOT_HIDDEN}", f"{of_plan(OWN)} AND {NOT_HIDDEN}"),
    "finding": (OF_ASSESSMENT, OF_ASSESSMENT),
    "finding_class": (OF_ASSESSMENT, OF_ASSESSMENT),
    "review_statement": (OF_STATEMENT, f"{of_plan(OWN)} AND {OF_ASSESSMENT}"),
    "object_report": (
        f"{LAYER_SEEN} AND (plan_id IS NULL OR {of_plan()})",
        f"{SIGNED_IN} AND {LAYER_SEEN} AND (plan_id IS NULL OR {of_plan()})",
    ),
    "object_report_event": (OF_REPORT, f"{SIGNED_IN} AND {OF_REPORT}"),
}


def upgrade() -> None:
    make_accounts()
    for name, setting in FUNCTIONS.items():
        op.execute(f"CREATE FUNCTION {name}() RETURNS text LANGUAGE sql STABLE AS $$ SELECT {setting} $$")
    op.execute("""
        CREATE FUNCTION caller_hidden() RETURNS varchar[] LANGUAGE sql STABLE AS
        $$ SELECT nullif(current_setting('geomiljo.hidden', true), '')::varchar[] $$
    """)
    for table, (sees, writes) in POLICIES.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY {table}_seen ON {table} FOR SELECT USING ({sees})")
        op.execute(f"CREATE POLICY {table}_added ON {table} FOR INSERT WITH CHECK ({writes})")
        op.execute(f"CREATE POLICY {table}_changed ON {table} FOR UPDATE USING ({writes}) WITH CHECK ({writes})")
        op.execute(f"CREATE POLICY {table}_removed ON {table} FOR DELETE USING ({writes})")


def make_accounts() -> None:
    op.execute("""
        CREATE TABLE api_key (
            prefix varchar PRIMARY KEY,
            hash bytea NOT NULL,
            name varchar NOT NULL,
            role varchar NOT NULL CONSTRAINT key_role_is_known CHECK (role IN ('planner', 'reviewer', 'admin')),
            municipality varchar,
            county varchar,
            scope varchar NOT NULL CONSTRAINT key_scope_is_known CHECK (scope IN ('read', 'write')),
            created_at timestamptz NOT NULL DEFAULT now(),
            created_by varchar NOT NULL,
            expires_at timestamptz NOT NULL,
            last_used_at timestamptz,
            revoked_at timestamptz
        )
    """)
    op.execute("""
        CREATE TABLE session (
            hash bytea PRIMARY KEY,
            caller varchar NOT NULL,
            name varchar NOT NULL,
            role varchar NOT NULL CONSTRAINT session_role_is_known
                CHECK (role IN ('public', 'planner', 'reviewer', 'admin')),
            municipality varchar,
            county varchar,
            created_at timestamptz NOT NULL DEFAULT now(),
            seen_at timestamptz NOT NULL DEFAULT now(),
            expires_at timestamptz NOT NULL
        )
    """)
    op.execute("""
        CREATE TABLE sign_in (
            hash bytea PRIMARY KEY,
            nonce varchar NOT NULL,
            verifier varchar NOT NULL,
            target varchar NOT NULL,
            expires_at timestamptz NOT NULL
        )
    """)


def downgrade() -> None:
    for table in POLICIES:
        for kind in ("seen", "added", "changed", "removed"):
            op.execute(f"DROP POLICY {table}_{kind} ON {table}")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    op.execute("DROP FUNCTION caller_hidden")
    for name in FUNCTIONS:
        op.execute(f"DROP FUNCTION {name}")
    for table in ("sign_in", "session", "api_key"):
        op.execute(f"DROP TABLE {table}")
