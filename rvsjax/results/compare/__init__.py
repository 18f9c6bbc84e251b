"""Two folders of results compared, run by run."""
