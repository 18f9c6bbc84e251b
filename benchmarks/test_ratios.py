"""Guards against regressions, by ratios of one run alone; not part of the tests.

python -m pytest benchmarks/test_ratios.py
"""

import jax
import numpy as np
import pytest

from rvsjax.simulation.kernels import KERNELS, native
from rvsjax.studies.rvscgd.trial import make_trial
from rvsjax.sweep.plan.plan import make_plan
from rvsjax.sweep.plan.sweep_file import parse

# far below what was measured (README.md), so that a noisy machine does not cry wolf
LEAST = {"l0": 5, "l1": 5, "transformed-l1": 1.5}
RUNS, STEPS = 64, 4000
seen: dict[tuple[str, str], float] = {}


def trials(penalty: str):
    text = (
        'version = 1\nname = "guard"\nstudy = "rvscgd"\n'
        f'[constants]\npenalty = "{penalty}"\nsteps = {STEPS}\n'
        f"[seeds]\ncount = {RUNS}\n"
    )
    made = [make_trial(item, 2) for item in make_plan(parse(text))]
    return jax.tree.map(lambda *leaves: np.stack(leaves), *made)


@pytest.mark.skipif(native.problem() is not None, reason=str(native.problem()))
@pytest.mark.parametrize("penalty", LEAST)
@pytest.mark.parametrize("kernel", ["plain", "native"])
def test_time(benchmark, penalty, kernel):
    with jax.enable_x64(True):
        program = jax.jit(jax.vmap(lambda trial: KERNELS[kernel](trial.draw()).state.w))
        given = trials(penalty)
        benchmark.group = penalty
        benchmark.pedantic(
            lambda: program(given).block_until_ready(), rounds=5, warmup_rounds=1
        )
    seen[penalty, kernel] = benchmark.stats.stats.median
    if kernel == "native":
        assert seen[penalty, "plain"] / seen[penalty, "native"] > LEAST[penalty]
