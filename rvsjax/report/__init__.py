"""Pictures of results: tables in, figures out, read as a stranger would read them."""
