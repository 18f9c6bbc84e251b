"""Faults of files, folders, their locks and what a sweep does with them."""

from tests.mutations import Mutation

MUTATIONS: list[Mutation] = []
