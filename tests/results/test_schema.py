"""Columns as studies describe them, in words."""

from rvsjax.results import schema as of
from rvsjax.results.schema import Column, find_columns


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
