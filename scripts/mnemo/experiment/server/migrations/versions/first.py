"""The tables as they were at first."""

from alembic import op

from mnemo.experiment.server.database import TABLES

revision = "1"
down_revision = None


def upgrade() -> None:
    """Create all tables."""
    TABLES.create_all(op.get_bind())
