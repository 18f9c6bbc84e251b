"""Faults of sweep files and of the plans made from them."""

from tests.mutations import Mutation

MUTATIONS: list[Mutation] = []
