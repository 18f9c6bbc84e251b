"""From a sweep file to runs: the only room that turns names into objects.

`file`, `axes`, `parameters` and `plan` know names and numbers alone and import no jax,
so that a bad file is refused at once; `study` makes the objects.
"""
