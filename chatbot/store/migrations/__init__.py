"""How an older database becomes today's: one file a step in `versions`, run by Alembic."""
