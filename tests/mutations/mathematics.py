"""Faults of models, penalties, algorithms, kernels and theory."""

from tests.mutations import Mutation

MUTATIONS: list[Mutation] = []
