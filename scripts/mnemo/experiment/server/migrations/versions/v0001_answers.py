"""The first version: participants, their series, and their answers."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create all tables."""
    op.create_table(
        "study",
        sa.Column("id", sa.Integer, sa.CheckConstraint("id = 1"), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("salt", sa.String(64)),
    )
    op.create_table(
        "participants",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("source", sa.String(20), nullable=False),
        sa.Column("person", sa.String(64), unique=True),
        sa.Column("withdrawal", sa.String(64), nullable=False, unique=True),
        sa.Column("entered_at", sa.Float, nullable=False),
        sa.Column("consent_version", sa.String(64)),
        sa.Column("consented_at", sa.Float),
        sa.Column("declined_at", sa.Float),
        sa.Column("withdrawn_at", sa.Float),
    )
    op.create_table(
        "sessions",
        sa.Column("hash", sa.String(64), primary_key=True),
        sa.Column("participant", sa.Integer, sa.ForeignKey("participants.number"), nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
    )
    op.create_table(
        "series",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("token", sa.String(32), nullable=False, unique=True),
        sa.Column("participant", sa.Integer, sa.ForeignKey("participants.number"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column(
            "state",
            sa.String(20),
            sa.CheckConstraint("state IN ('running', 'finished', 'interrupted')"),
            nullable=False,
        ),
        sa.Column("valid", sa.Boolean),
        sa.Column("reason", sa.Text),
        sa.Column("plan", sa.JSON, nullable=False),
        sa.Column("trials", sa.Integer, nullable=False),
        sa.Column("device", sa.JSON, nullable=False),
        sa.Column("dealt_at", sa.Float, nullable=False),
        sa.Column("heard_at", sa.Float, nullable=False),
        sa.Column("finished_at", sa.Float),
        sa.Column("refused", sa.Integer, nullable=False, server_default="0"),
        sa.UniqueConstraint("participant", "number"),
    )
    op.create_table(
        "dealt",
        sa.Column(
            "participant", sa.Integer, sa.ForeignKey("participants.number"), primary_key=True
        ),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column(
            "series",
            sa.Integer,
            sa.ForeignKey("series.id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
        sa.Column("token", sa.String(20), nullable=False),
        sa.Column("target", sa.Boolean, nullable=False),
    )
    op.create_table(
        "answers",
        sa.Column(
            "series", sa.Integer, sa.ForeignKey("series.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("trial", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("answer", sa.String(5)),
        sa.Column("rt", sa.Float),
        sa.Column("presses", sa.Integer, nullable=False),
        sa.Column("planned_ms", sa.Float),
        sa.Column("onset_ms", sa.Float),
        sa.Column("offset_ms", sa.Float),
        sa.Column("shown_ms", sa.Float),
        sa.Column("long_frames", sa.Integer, nullable=False),
        sa.Column("hidden", sa.Boolean, nullable=False),
        sa.Column("received_at", sa.Float, nullable=False),
    )
    op.create_table(
        "events",
        sa.Column(
            "series", sa.Integer, sa.ForeignKey("series.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("at_ms", sa.Float, nullable=False),
    )
