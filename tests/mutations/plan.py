"""Faults of sweep files and of the plans made from them."""

from tests.mutations import Mutation

PLAN = "tests/sweep/plan/test_plan.py"
BRUTE = f"{PLAN}::test_grid_zip_cases_exclude_and_seeds_are_the_brute_force_product"
KEPT = (
    "tests/sweep/plan/test_hostile.py::"
    "test_kept_points_are_those_that_a_look_at_each_finds"
)
WRONG = "tests/sweep/plan/test_mistakes.py::test_a_mistake_is_told_where_it_stands"

MUTATIONS = [
    Mutation(
        "rvsjax/sweep/plan/mask.py",
        "            begin = digit + 1\n",
        "            begin = digit + 2\n",
        KEPT,
    ),
    Mutation(
        "rvsjax/sweep/plan/mask.py",
        "rest = least[1:] if least and digit == least[0] else []",
        "rest = least[1:]",
        KEPT,
    ),
    Mutation(
        "rvsjax/sweep/plan/mask.py",
        "            place = 0\n",
        "            pass\n",
        KEPT,
    ),
    Mutation(
        "rvsjax/sweep/plan/mask.py",
        "            before += size\n",
        "            before += 1\n",
        KEPT,
    ),
    Mutation(
        "rvsjax/sweep/plan/classes.py",
        "x if n in names or x in mentioned.get(n, ()) else ()",
        "x if n in names else ()",
        BRUTE,
    ),
    Mutation(
        "rvsjax/sweep/plan/product.py",
        "return digits[::-1]",
        "return digits",
        BRUTE,
    ),
    Mutation(
        "rvsjax/sweep/plan/exclude.py",
        "met &= by_value.get(parameters[name], silent)",
        "met |= by_value.get(parameters[name], silent)",
        BRUTE,
    ),
    Mutation(
        "rvsjax/sweep/plan/plan.py",
        "return size if limit is None else min(size, limit)",
        "return size",
        f"{PLAN}::test_a_limit_looks_at_the_runs_it_keeps_and_no_others",
    ),
    Mutation(
        "rvsjax/sweep/plan/plan.py",
        "return max(1, stride - (stride % 2 == 0))",
        "return max(1, stride)",
        f"{PLAN}::test_smoke_is_about_64_short_runs_from_all_over_the_plan",
    ),
    Mutation(
        "rvsjax/sweep/plan/plan.py",
        "@dataclass(frozen=True, eq=False)\nclass Plan:",
        "@dataclass(eq=False)\nclass Plan:",
        f"{PLAN}::test_a_plan_is_never_changed_and_a_selection_of_it_is_another",
    ),
    Mutation(
        "rvsjax/sweep/plan/parameters.py",
        "if n not in since or v != since[n]",
        "if n not in since",
        f"{PLAN}::test_a_younger_parameter_leaves_the_names_of_older_runs_alone",
    ),
    Mutation(
        "rvsjax/sweep/plan/rules.py",
        "chosen.get",
        "run.get",
        f"{PLAN}::test_a_given_teacher_settles_d_and_needs_no_nnz",
    ),
    Mutation(
        "rvsjax/sweep/plan/parameters.py",
        "        return self.telling.union(*rules)\n",
        "        return self.telling\n",
        f"{PLAN}::test_every_value_of_an_axis_is_held_against_the_others",
    ),
    Mutation(
        "rvsjax/sweep/plan/checks.py",
        "if not any(a[name].isdisjoint(b[name]) for name in names):",
        "if any(not a[name].isdisjoint(b[name]) for name in names):",
        "tests/sweep/plan/test_hostile.py::"
        "test_cases_that_differ_in_one_of_their_parameters_do_not_overlap",
    ),
    Mutation(
        "rvsjax/sweep/plan/selection.py",
        "if value in allowed}",
        "if value}",
        f"{PLAN}::test_two_only_of_one_parameter_both_count",
    ),
    Mutation(
        "rvsjax/sweep/plan/expand.py",
        'return Problem(where, f"is set in {first} already")',
        "return None",
        WRONG,
    ),
    Mutation(
        "rvsjax/sweep/plan/derived.py",
        "return _rounded(ratio, _DIGITS)",
        "return ratio",
        "tests/sweep/plan/test_derived.py::test_runs_are_left_out_by_either_name",
    ),
    Mutation(
        "rvsjax/report/axes.py",
        "key=lambda x: -_effect(x.codes, ranks)",
        "key=lambda x: 0",
        "tests/report/test_axes.py::test_a_run_that_diverged_is_the_worst",
    ),
]
