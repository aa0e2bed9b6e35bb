"""How far each object may lie from where it is drawn, where its source tells."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE layer_version ADD COLUMN largest_error_m double precision NOT NULL DEFAULT 0")
    op.execute("ALTER TABLE feature ADD COLUMN error_m double precision")
    op.execute("ALTER TABLE piece ADD COLUMN object_error_m double precision")


def downgrade() -> None:
    op.execute("ALTER TABLE piece DROP COLUMN object_error_m")
    op.execute("ALTER TABLE feature DROP COLUMN error_m")
    op.execute("ALTER TABLE layer_version DROP COLUMN largest_error_m")
