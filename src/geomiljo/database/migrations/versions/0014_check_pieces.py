"""Pieces of kept checks, for maps that cannot hold all of them."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE check_piece (
            check_id varchar NOT NULL REFERENCES kept_check (id) ON DELETE CASCADE,
            finding varchar NOT NULL,
            number integer NOT NULL,
            severity varchar NOT NULL,
            area_m2 double precision NOT NULL,
            geom geometry(Geometry, 3006) NOT NULL,
            PRIMARY KEY (check_id, finding, number)
        )
    """)
    op.execute("CREATE INDEX check_piece_geom ON check_piece USING gist (geom)")
    op.execute("ALTER TABLE check_piece ENABLE ROW LEVEL SECURITY")
    seen = "EXISTS (SELECT FROM kept_check WHERE kept_check.id = check_piece.check_id)"
    op.execute(f"CREATE POLICY check_piece_seen ON check_piece FOR SELECT USING ({seen})")
    op.execute(f"CREATE POLICY check_piece_added ON check_piece FOR INSERT WITH CHECK ({seen})")


def downgrade() -> None:
    op.execute("DROP TABLE check_piece")
