"""Pieces no longer look up their version one by one, which took most of the time of writing them."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE piece DROP CONSTRAINT piece_version_id_fkey")


def downgrade() -> None:
    op.execute("""
        ALTER TABLE piece ADD CONSTRAINT piece_version_id_fkey
            FOREIGN KEY (version_id) REFERENCES layer_version (id) ON DELETE CASCADE
    """)
