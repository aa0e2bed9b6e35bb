"""What a plan says of its ground beside land uses: no-build land and the like, with its extent."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE plan_version ADD COLUMN provisions jsonb NOT NULL DEFAULT '[]'")


def downgrade() -> None:
    op.execute("ALTER TABLE plan_version DROP COLUMN provisions")
