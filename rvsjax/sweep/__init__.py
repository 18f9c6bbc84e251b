"""Sweeps: a file to runs, runs to blocks, blocks to rows of a folder."""
