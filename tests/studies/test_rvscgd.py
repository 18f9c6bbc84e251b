"""From names and a seed to a run: what is drawn, and what a program is compiled for."""

import jax
import numpy as np
import pytest
import scipy.stats

from rvsjax.models.no_overlap import angle
from rvsjax.studies.rvscgd.parameters import PARAMETERS as RVSCGD
from rvsjax.studies.rvscgd.trial import RvscgdTrial, make_trial
from rvsjax.sweep.plan.plan import RunConfig


def trial(seed=0, **chosen):
    return make_trial(
        RunConfig(RVSCGD.complete({"d": 12, "steps": 10} | chosen), seed), 5
    )


draw = jax.jit(RvscgdTrial.draw)


def test_a_seed_gives_one_teacher_and_start_under_every_configuration():
    first = draw(trial(7))
    for changes in (
        {"penalty": "l1"},
        {"penalty": "transformed-l1", "a": 0.3},
        {"algorithm": "cgd"},
        {"eta": 0.1, "beta": 0.2, "lam": 0.3, "k": 3},
        {"steps": 99},
        {"readout": "mean"},
    ):
        run = draw(trial(7, **changes))
        assert np.array_equal(run.teacher.w_star, first.teacher.w_star), changes
        assert np.array_equal(run.start, first.start), changes
    low = draw(trial(7, dtype="float32"))
    assert low.start.dtype == "float32"
    assert np.allclose(low.start, first.start, atol=1e-7)
    assert np.allclose(low.teacher.w_star, first.teacher.w_star, atol=1e-7)
    assert not np.allclose(draw(trial(8)).start, first.start, atol=0.1)


def test_supports_of_one_seed_are_nested():
    small = np.asarray(draw(trial(3, nnz=2)).teacher.w_star)
    large = np.asarray(draw(trial(3, nnz=9)).teacher.w_star)
    assert (small != 0).sum() == 2
    assert (large != 0).sum() == 9
    assert np.all((large != 0)[small != 0])


def test_starts():
    run = draw(trial(1, start="teacher"))
    assert np.array_equal(run.start, run.teacher.w_star)
    for theta in (0.0, 1e-7, 2.0, 3.0):
        run = draw(trial(1, start_angle=theta))
        assert np.isclose(angle(run.start, run.teacher.w_star), theta, atol=1e-15)


def test_the_largest_seed_is_a_seed_of_its_own():
    assert not np.allclose(draw(trial(2**32 - 1)).start, draw(trial(0)).start, atol=0.1)


def test_draws_follow_their_laws():
    """False-alarm rate 3e-7 in all (three tests at p < 1e-7); the seeds are fixed."""
    runs = [draw(trial(seed)) for seed in range(800)]
    starts = np.array([run.start for run in runs])
    teachers = np.array([run.teacher.w_star for run in runs])
    # a coordinate of a uniform direction: (x + 1)/2 is Beta((d-1)/2, (d-1)/2)
    law = scipy.stats.beta(5.5, 5.5)
    assert scipy.stats.kstest((starts[:, 3] + 1) / 2, law.cdf).pvalue > 1e-7
    # the support is uniform over the coordinates
    counts = (teachers != 0).sum(0)
    spread = ((counts - 800 * 5 / 12) ** 2).sum() / (800 * 5 / 12 * 7 / 12) * 11 / 12
    assert scipy.stats.chi2(11).sf(spread) > 1e-7
    # nonzero entries are a direction in five dimensions: (x + 1)/2 is Beta(2, 2)
    firsts = teachers[np.arange(800), (teachers != 0).argmax(1)]
    assert (
        scipy.stats.kstest((firsts + 1) / 2, scipy.stats.beta(2, 2).cdf).pvalue > 1e-7
    )


def test_the_same_numbers_next_year():
    """A change here changes every result of every seed: raise the version of RVSCGD."""
    run = draw(trial(0))
    assert np.allclose(run.start[:3], START, atol=1e-14)
    assert np.flatnonzero(run.teacher.w_star).tolist() == SUPPORT


START = [-0.3087063465541554, -0.0425799998516439, 0.24308454869928947]
SUPPORT = [0, 1, 5, 9, 11]


@pytest.mark.parametrize("seed", range(4))
def test_the_static_key_is_the_structure_of_the_trial(seed):
    """Equal keys, equal programs, and the other way round."""
    rng = np.random.default_rng(seed)
    values = {
        "algorithm": ["rvscgd", "cgd"],
        "penalty": ["l0", "l1", "transformed-l1"],
        "a": [0.5, 2.0],
        "k": [5, 20],
        "d": [8, 12],
        "readout": ["sum", "mean"],
        "nnz": [2, 5],
        "lam": [1e-3, 1e-2],
        "beta": [0.1, 0.2],
        "eta": [0.01, 0.02],
        "steps": [10, 20],
        "start": ["uniform", "teacher"],
        "dtype": ["float64", "float32"],
    }
    items = []
    for _ in range(60):
        fixed = {name: options[0] for name, options in values.items()}
        for name in rng.choice(list(values), size=2):
            fixed[name] = values[name][rng.integers(2)]
        items.append(RunConfig(RVSCGD.complete(fixed), int(rng.integers(9))))

    def program(item):
        leaves, structure = jax.tree.flatten(make_trial(item, 5))
        return structure, tuple((np.shape(x), x.dtype) for x in leaves)

    pairs = [(a, b) for a in items for b in items]
    same = [a.static_key == b.static_key for a, b in pairs]
    assert same == [program(a) == program(b) for a, b in pairs]
    assert 60 < sum(same) < len(pairs)
