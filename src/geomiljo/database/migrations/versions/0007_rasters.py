"""Raster versions: files beside the database."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE layer_version ADD COLUMN raster jsonb")


def downgrade() -> None:
    op.execute("ALTER TABLE layer_version DROP COLUMN raster")
