"""Columns as studies describe them: every one that a sweep writes, in words."""

import pyarrow.parquet as pq
import pytest

from rvsjax import STUDIES
from rvsjax.results import schema as of
from rvsjax.results.schema import Column, find_columns
from rvsjax.simulation.metrics import Measurements
from rvsjax.studies.lenet.tables import Points
from rvsjax.studies.two_layer.evaluate import TwoLayerMeasurements
from rvsjax.sweep.registry import find_parameters
from tests import ROOT

PARTS = ROOT / "tests" / "golden" / "0.10.1"
MEASURED = {"rvscgd": Measurements._fields, "two_layer": TwoLayerMeasurements._fields}
MEASURED["lenet"] = Points._fields[1:]


@pytest.mark.parametrize("table", ["runs", "curves", "pairs", "weights"])
def test_every_column_of_a_sweep_is_described(table):
    known = find_columns("rvscgd", table)
    parameters = {f"p_{name}" for name in find_parameters("rvscgd").names}
    prefixes = ("hyp_", "obs_", "bound_", "verdict_", "why_")
    for name in pq.read_schema(PARTS / f"{table}.parquet").names:
        assert name in known or name in parameters or name.startswith(prefixes), name


@pytest.mark.parametrize("study", STUDIES)
def test_every_measurement_is_described(study):
    runs = find_columns(study, "runs")
    assert {f"m_{name}" for name in MEASURED[study]} <= set(runs)
    mains = sorted(told.order for told in runs.values() if told.is_main)
    assert mains == [*range(1, len(mains) + 1)]  # none shares its place


def test_a_column_has_its_unit_behind_its_label():
    assert Column(of.NUMBERS, "angle", "radians").text == "angle (rad)"
    assert Column(of.NUMBERS, "loss", "nats").text == "loss (nats)"
    assert Column(of.NUMBERS, "loss").text == "loss"
    assert Column(of.NUMBERS, tex=r"$\beta$").symbol == r"\beta"
    assert Column(of.NUMBERS, tex="step $t$").symbol == ""


def test_what_nobody_describes_has_its_name_for_a_label():
    columns = find_columns("rvscgd", "runs")
    assert columns["m_loss_of_mine"].text == "loss of mine"
    assert columns["p_m_size"].text == "m size"
    assert columns["m_" + "x" * 100].text == "x" * 59 + "…"
    assert "m_loss_of_mine" not in columns
