"""Every kernel, on every penalty and in every precision, is the plain path.

A new one of `KERNELS` or `PENALTIES` is tested by being there.
"""

import warnings

import jax
import numpy as np
import pytest

from rvsjax.algorithms import ALGORITHMS, COMPENSATED
from rvsjax.penalties import L1, PENALTIES, Largest, NoPenalty
from rvsjax.simulation.kernels import KERNELS, native, warp
from rvsjax.simulation.simulate import Run, simulate
from rvsjax.types import pytree
from tests.simulation.kernels.runs import (
    compare,
    each_dtype,
    each_penalty,
    kernel,
    make_runs,
    needs_compiler,
    needs_warp,
    plain_path,
    quick_path,
)

pytestmark = pytest.mark.slow

TOLERANCE = {"float64": 1e-12, "float32": 5e-6}  # of weights of length 1, after all
COVERED = {"native": native.DIRECT, "direct": native.SPAN, "warp": warp.COVERED}


def runs_of(penalty, dtype, seed):
    """Return random runs; in float32 few long steps, of which little is lost."""
    long = {} if dtype == "float64" else {"steps": 40, "eta": np.full(13, 0.05)}
    return make_runs(penalty, dtype, seed=seed, **long)


@each_dtype
@each_penalty
@pytest.mark.parametrize(
    "name",
    [
        pytest.param("native", marks=needs_compiler),
        pytest.param("direct", marks=needs_compiler),  # where the other is faster
        pytest.param("warp", marks=needs_warp),
    ],
)
def test_it_agrees_with_the_plain_path_and_no_value_compiles_again(
    name, penalty, dtype
):
    if PENALTIES[penalty].cls not in COVERED[name]:
        pytest.skip("not covered")
    programs = set()
    for seed in range(2):
        runs = runs_of(penalty, dtype, seed)
        plain, fast = plain_path(runs), kernel(runs, name)
        compare(plain, fast, TOLERANCE[dtype])
        if dtype == "float64":
            np.testing.assert_array_equal(fast.curves.nnz_u, plain.curves.nnz_u)
        programs.add((quick_path._cache_size(), kernel._cache_size()))
    assert len(programs) == 1


@pytree
class Mine(L1):
    """Whose prox may be another."""


OTHERS = {
    "another method": {"algorithm": ALGORITHMS["cgd"], "penalty": NoPenalty()},
    "compensated": {"algorithm": COMPENSATED["rvscgd"]},
    "a subclass": {"penalty": Mine()},
    "not of coordinates": {"penalty": Largest(np.full(13, 3))},
}


def program(path, runs):
    with warnings.catch_warnings(action="ignore"):  # Warp's, of what it does not know
        return str(jax.make_jaxpr(jax.vmap(path))(runs))


@pytest.mark.parametrize("change", OTHERS.values(), ids=OTHERS)
def test_what_is_not_covered_goes_the_plain_path(change):
    """To the letter: its program is that of the plain path."""
    runs = Run(**(vars(make_runs("l1", "float64", steps=3)) | change))
    plain = program(simulate, runs)
    assert [n for n in KERNELS if program(KERNELS[n], runs) != plain] == []


@needs_compiler
@each_penalty
def test_what_is_covered_and_nothing_else_has_a_program_of_its_own(penalty):
    runs = make_runs(penalty, "float64", steps=3)
    covered = PENALTIES[penalty].cls in native.DIRECT
    assert covered == ("ffi_call" in program(KERNELS["native"], runs))
    assert covered or program(KERNELS["native"], runs) == program(simulate, runs)
