"""What a sweep says at its end."""

import pandas as pd

from rvsjax.cli.summary import session_lines, summary
from rvsjax.cli.tables import Table
from rvsjax.results.schema import find_columns


class Stub:
    """Results as the summary reads them."""

    folder = None
    claims = pd.DataFrame(columns=["claim", "violated"])
    certificates = pd.DataFrame(columns=["claim", "stands"])
    precisions = pd.DataFrame()
    kinds = ()

    def __init__(self, runs, folder):
        self.runs, self.folder = runs, folder

    def columns(self, table):
        return find_columns("lenet", table)


def test_networks_are_told_by_configuration_with_their_spread(tmp_path):
    runs = pd.DataFrame(
        {
            "status": "ok",
            "p_seed": [0, 1, 0, 1, 0],
            "p_study": "lenet",
            "p_penalty": ["l0", "l0", None, None, "l1"],
            "m_accuracy_w": [0.9, 0.92, 0.8, 0.8, 0.7],
            "m_accuracy_u": [0.5, 0.7, 0.8, 0.8, None],
            "m_sparsity_u": [0.9, 0.9, 0.0, 0.0, 1.0],
        }
    )
    first, _, table, *_ = summary(Stub(runs, tmp_path), [])
    assert first == "5 runs: 5 ok"
    assert isinstance(table, Table)
    assert table.rows == [
        ("l0", "2", "91.00 ± 1.41", "60.00 ± 14.14", "90.00 ± 0.00"),
        ("", "2", "80.00 ± 0.00", "80.00 ± 0.00", "0.00 ± 0.00"),
        ("l1", "1", "70.00", "", "100.00"),
    ]
    assert table.heads[0] == "penalty"


def test_of_many_configurations_the_last_are_counted(tmp_path):
    many = pd.DataFrame({"status": "ok", "p_seed": 0, "p_lam": range(45)})
    for name in ("m_accuracy_w", "m_accuracy_u", "m_sparsity_u"):
        many[name] = 0.5
    table = summary(Stub(many, tmp_path), [])[2]
    assert len(table.rows) == 40
    assert table.last == "and 5 more configurations: see runs.parquet"


def test_networks_of_one_configuration_are_one_row(tmp_path):
    runs = pd.DataFrame({"status": ["ok", "ok"], "p_seed": [0, 1], "p_lam": 1e-4})
    for name in ("m_accuracy_w", "m_accuracy_u", "m_sparsity_u"):
        runs[name] = [0.5, 0.7]
    table = summary(Stub(runs, tmp_path), [])[2]
    assert table.rows == [("2", *["60.00 ± 14.14"] * 3)]


def test_a_mean_says_how_many_it_is_of(tmp_path):
    runs = pd.DataFrame({"status": "ok", "p_seed": [0, 1, 2]})
    for name in ("m_accuracy_w", "m_accuracy_u", "m_sparsity_u"):
        runs[name] = [0.5, None, 0.7]
    table = summary(Stub(runs, tmp_path), [])[2]
    assert table.rows == [("3", *["60.00 ± 14.14 (2 of 3)"] * 3)]


def test_one_of_a_thing_is_told_in_the_singular(tmp_path):
    session = {"lanes": 1, "device": "cpu", "blocks": 1, "seconds": {"compile": 2.0}}
    session |= {"begin": "today", "versions": {"jax": "0.10.1"}}
    results = Stub(pd.DataFrame({"status": ["ok"], "p_seed": [0]}), tmp_path)
    results.manifest = {"sessions": [session, session | {"lanes": 2, "blocks": 1200}]}
    _, one, _, more, _ = session_lines(results)
    assert one == "today  1 block, 1 worker of cpu, jax 0.10.1"
    assert more == "today  1,200 blocks, 2 workers of cpu, jax 0.10.1"
    assert summary(results, [])[0] == "1 run: 1 ok"
