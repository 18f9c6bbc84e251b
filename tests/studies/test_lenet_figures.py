"""The figure of networks: what a line is called, and what it goes through."""

import numpy as np
import pandas as pd
import pytest

from rvsjax.studies.lenet.figures import draw_lenet
from tests.report.folders import stub

# method, penalty, setting, seed, zeros, accuracy: not in order of sparsity
ROWS = [
    ("rvscgd", "l0", 2.0, 0, 0.9, 0.80),
    ("rvscgd", "l0", 2.0, 1, 0.8, 0.90),
    ("rvscgd", "l0", 1.0, 0, 0.4, 0.95),
    ("rvscgd", "l0", 1.0, 1, 0.6, 0.97),
    ("admm", "l0", 1.0, 0, 0.5, 0.91),
    ("magnitude", None, np.nan, 0, 0.7, 0.93),
]
NAMES = ("method", "penalty", "lam", "seed")
COLUMNS = [f"p_{x}" for x in NAMES] + ["m_sparsity_u", "m_accuracy_u"]


def drawn(rows, **more):
    runs = pd.DataFrame(rows, columns=COLUMNS).assign(**more)
    runs["run_id"] = [f"run{i}" for i in range(len(runs))]
    curves = pd.DataFrame(
        {"run_id": np.repeat(runs["run_id"], 2), "step": [0, 1] * len(runs)}
    )
    curves[["accuracy_w", "accuracy_u"]] = 0.5
    by_epoch, _, against = draw_lenet(stub(runs, curves, "lenet")).axes
    labels = by_epoch.get_legend_handles_labels()[1]
    lines = [line for line in against.lines if line.get_linestyle() != "None"]
    return dict(zip(labels, lines))


def test_lines_go_through_the_means_of_the_seeds_in_order_of_sparsity():
    lines = drawn(ROWS)
    assert set(lines) == {"rvscgd l0", "admm l0", "magnitude"}
    x, y = lines["rvscgd l0"].get_data()
    np.testing.assert_allclose([x, y], [[50, 85], [96, 85]])
    np.testing.assert_allclose(lines["magnitude"].get_data(), [[70], [93]])


@pytest.mark.parametrize(
    ("rows", "names"), [(ROWS[:4], {"l0"}), (ROWS[:4] + ROWS[5:], {"l0", "magnitude"})]
)
def test_one_method_with_penalties_is_known_by_these(rows, names):
    assert set(drawn(rows)) == names


def test_a_mean_hides_no_network_that_failed():
    lost = [*ROWS[:2], ("rvscgd", "l0", 1.0, 0, np.nan, np.nan), ROWS[3]]
    x, _ = drawn(lost)["l0"].get_data()
    np.testing.assert_allclose(x, [85, np.nan])


def test_what_is_changed_beside_method_and_penalty_has_lines_of_its_own():
    changed = {"p_surrogate": ["clipped"] * 3 + ["window"], "p_gain": [1, 2.5, 1, 1]}
    changed["p_batch_norm"] = [False, True, False, False]
    names = {"unchanged", "gain 2.5, batch_norm", "window"}
    assert set(drawn(ROWS[:4], **changed)) == names
    both = drawn(ROWS[2:], p_surrogate=["clipped", "clipped", "window", "clipped"])
    assert set(both) == {"rvscgd l0", "admm l0, window", "magnitude"}


def test_upright_axes_are_logarithmic_in_what_is_missing():
    """From 90 to 99 % it is as far as from 0 to 90; labels are accuracies, inside."""
    runs = pd.DataFrame(ROWS, columns=COLUMNS).assign(run_id=range(len(ROWS)))
    curves = pd.DataFrame({"run_id": range(len(ROWS)), "step": 0})
    curves[["accuracy_w", "accuracy_u"]] = 0.5
    *_, against = draw_lenet(stub(runs, curves, "lenet")).axes
    at = {x: against.transData.transform((0, x))[1] for x in (0, 90, 99, 100)}
    assert at[99] - at[90] == pytest.approx(at[90] - at[0])
    assert np.isfinite(at[100])
    low, high = against.get_ylim()
    labels = [float(x.get_text()) for x in against.get_yticklabels()]
    assert labels == list(against.get_yticks())
    assert low <= min(labels) < max(labels) <= high


def test_kinds_beyond_the_colours_still_look_unlike_each_other():
    rows = [("rvscgd", "l0", 1.0, seed, 0.5, 0.9) for seed in range(40)]
    lines = drawn(rows, p_gain=range(40)).values()
    looks = {(line.get_color(), str(line._dash_pattern)) for line in lines}
    assert len(lines) == len(looks) == 40


def test_beta_is_told_where_it_varies_within_a_method():
    assert set(drawn(ROWS, p_beta=[1, 1, 1, 1, 2, 2])) == {
        "rvscgd l0",
        "admm l0",
        "magnitude",
    }
    assert set(drawn(ROWS[:4], p_beta=[1, 1, 1, 2])) == {"unchanged", "beta 2"}
