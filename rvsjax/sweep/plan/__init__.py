"""From a sweep file to runs, as names and numbers.

Nothing here imports jax, so that a bad file is refused at once; what may stand in it is
said by the vocabulary of its study. `rvsjax.studies` makes the objects.
"""
