"""What Alembic runs: the steps, on the connection that it was handed."""

from alembic import context

from chatbot.store.tables import tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=tables,
    render_as_batch=True,  # SQLite changes a table by copying it
    compare_type=True,
)
context.run_migrations()
