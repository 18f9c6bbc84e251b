"""Faults of models, penalties, algorithms, kernels and theory."""

from tests.mutations import Mutation

_KERNELS = "rvsjax/simulation/kernels/native"
_EXACT = "tests/theory/test_exact.py"
_NATIVE = "tests/simulation/kernels/test_native.py"

MODELS = [
    Mutation(
        "rvsjax/models/no_overlap.py",
        'k if readout == "sum" else 1 / k',
        "k",
        "tests/models/test_no_overlap.py",
    ),
    Mutation(
        "rvsjax/models/no_overlap.py",
        "return 2 * jnp.arctan2(jnp.linalg.norm(a - b), jnp.linalg.norm(a + b))",
        "return jnp.arccos(jnp.clip(jnp.dot(a, b), -1, 1))",
        "tests/models/test_no_overlap.py",
    ),
    Mutation(
        "rvsjax/models/no_overlap.py",
        "return self.K * (unit(w) - self.w_star)",
        "return self.K * (w - self.w_star)",
        "tests/models/test_no_overlap.py",
    ),
    Mutation(
        "rvsjax/models/no_overlap.py",
        "return -self.K * unit(across) / jnp.linalg.norm(w)",
        "return -self.K * unit(across)",
        "tests/models/test_no_overlap.py",
    ),
    Mutation(
        "rvsjax/models/no_overlap.py",
        "order < nnz",
        "order <= nnz",
        "tests/models/test_no_overlap.py tests/studies/test_rvscgd.py",
    ),
    Mutation(
        "rvsjax/models/relu.py",
        "k * (k - 1) / (2 * math.pi) * _excess",
        "k * k / (2 * math.pi) * _excess",
        "tests/models/test_relu.py",
    ),
    Mutation(
        "rvsjax/models/two_layer.py",
        "alpha = -jnp.expm1(-(r**2))",
        "alpha = -jnp.expm1(-r)",
        "tests/models/test_two_layer.py",
    ),
]
ALGORITHMS = [
    Mutation(
        "rvsjax/algorithms/rvscgd.py",
        "eta * beta * (w - u)",
        "eta * beta * u",
        "tests/algorithms/test_algorithms.py::test_rvscgd_takes_u_first_from_the_old_w",
    ),
    Mutation(
        "rvsjax/algorithms/rvscgd.py",
        "penalty.prox(w, lam / beta)",
        "penalty.prox(w - eta * gradient(w), lam / beta)",
        "tests/algorithms/test_algorithms.py::test_rvscgd_takes_u_first_from_the_old_w",
    ),
    Mutation(
        "rvsjax/algorithms/rvscgd_free.py",
        "lam / beta)\n    v = ",
        "lam)\n    v = ",
        "tests/algorithms/test_baselines.py::test_steps_of_rvscgd_free_by_hand",
    ),
    Mutation(
        "rvsjax/algorithms/cgd.py",
        "- hyper.eta * gradient",
        "+ hyper.eta * gradient",
        "tests/algorithms/test_algorithms.py::test_cgd_is_optax_sgd_on_the_sphere",
    ),
    Mutation(
        "rvsjax/algorithms/gradient_descent.py",
        "- hyper.eta * gradient",
        "- hyper.eta**2 * gradient",
        "tests/algorithms/test_baselines.py::test_relu_descent_is_optax_sgd_on_the_loss",
    ),
    Mutation(
        "rvsjax/algorithms/prox_cgd.py",
        "penalty.prox(v, eta * lam)",
        "penalty.prox(v, lam)",
        "tests/algorithms/test_baselines.py::test_a_step_of_prox_cgd_by_hand",
    ),
    Mutation(
        "rvsjax/algorithms/admm.py",
        "w + state.z / beta",
        "w - state.z / beta",
        "tests/algorithms/test_baselines.py::test_admm_by_hand",
    ),
    Mutation(
        "rvsjax/algorithms/rvscgd_compensated.py",
        "tail - (total - w)",
        "0 * tail",
        "tests/simulation/test_simulate.py"
        "::test_compensated_float32_reaches_the_limit_where_plain_float32_stalls",
    ),
]
SIMULATION = [
    Mutation(
        "rvsjax/simulation/monitor.py",
        "jnp.where(rises, step, seen.first_increase)",
        "jnp.where(increase > error, step, seen.first_increase)",
        "tests/simulation/test_simulate.py::test_the_first_increase_is_the_first",
    ),
    Mutation(
        "rvsjax/simulation/monitor.py",
        "length_min=jnp.minimum(seen.length_min, length)",
        "length_min=length",
        "tests/simulation/test_simulate.py::test_monitors_agree_with_a_plain_loop",
    ),
    Mutation(
        f"{_KERNELS}/penalties.h",
        "return size(x) <= threshold ? Real<T>{} : x;",
        "return size(x) < threshold ? Real<T>{} : x;",
        "tests/simulation/kernels/test_native_edges.py"
        "::test_a_weight_at_its_threshold_is_not_in_the_support",
    ),
    Mutation(
        f"{_KERNELS}/span.h",
        "step.across2 = shadow * off2;",
        "step.across2 = off2;",
        "tests/simulation/kernels/test_native_edges.py"
        "::test_rises_outside_the_corrected_lemmas_do_not_count",
    ),
    Mutation(
        f"{_KERNELS}/span.h",
        "put(sign[i], i < on && i != 1 ? sign_along[i] : R{});",
        "put(sign[i], i < on ? sign_along[0] : R{});",
        f"{_NATIVE}::test_equal_weights_and_a_flat_teacher",
    ),
    Mutation(
        f"{_KERNELS}/span.h",
        "length[i] <= watch.vector_error[i]",
        "false",
        f"{_NATIVE}::test_a_run_without_direction_stops_at_the_same_step",
    ),
    Mutation(
        f"{_KERNELS}/span.h",
        "put(gap, length > R{} ? all<T>(8) : nearest);",
        "put(gap, all<T>(8));",
        "tests/simulation/kernels/test_native_edges.py"
        "::test_from_a_tie_on_the_drift_is_unknown",
    ),
    Mutation(
        "rvsjax/simulation/rounding.py",
        "PROX_ULPS = ",
        "PROX_ULPS = 0.01 * ",
        "tests/simulation/kernels/test_prox.py"
        "::test_the_prox_is_as_exact_as_the_allowances_assume",
    ),
]
STUDIES = [
    Mutation(
        "rvsjax/studies/rvscgd/trial.py",
        '"projected": lambda: Projected(seed, n, mu)',
        '"projected": lambda: Minibatch(seed, n, mu)',
        "tests/studies/test_methods.py"
        "::test_every_run_is_a_loop_over_the_steps_of_its_method",
    ),
    Mutation(
        "rvsjax/studies/rvscgd/trial.py",
        "lambda: Population(mu)",
        'lambda: Population("relu")',
        "tests/studies/test_methods.py"
        "::test_every_run_is_a_loop_over_the_steps_of_its_method",
    ),
]
EXACT = [
    Mutation(
        "rvsjax/theory/exact/penalties.py",
        "[p if abs(p) > t else 0 for p in x]",
        "[p if abs(p) > 2 * t else 0 for p in x]",
        f"{_EXACT}::test_prox_is_the_argmin_on_a_grid",
    ),
    Mutation(
        "rvsjax/theory/exact/penalties.py",
        "s - a / 2, inverse(1 - a / s)",
        "s - a, inverse(1 - a / s)",
        f"{_EXACT}::test_prox_is_the_argmin_on_a_grid",
    ),
    Mutation(
        "rvsjax/theory/exact/penalties.py",
        "fixed(m * a * (a + 1)) * one**2",
        "fixed(m * a * a) * one**2",
        f"{_EXACT}::test_prox_is_the_argmin_on_a_grid",
    ),
    Mutation(
        "rvsjax/theory/exact/error_bound.py",
        "GRAIN * (1 + self.keep + self.couple + float(learn))",
        "GRAIN * 1e-40",
        _EXACT,
    ),
    Mutation(
        "rvsjax/theory/exact/hypotheses.py",
        "run.eta * (run.beta + run.K) <= 1",
        "run.eta * run.beta <= 1",
        _EXACT,
    ),
]
THEORY = [
    Mutation(
        "rvsjax/theory/start_probability.py",
        "return float(1 - betainc((d - 1) / 2, 0.5, sine**2) / 2)",
        "return float(1 - betainc(d / 2, 0.5, sine**2) / 2)",
        "tests/theory/test_start_probability.py",
    ),
    Mutation(
        "rvsjax/results/verdicts.py",
        'excess = runs[f"obs_{name}"] - runs[f"bound_{name}"]',
        'excess = runs[f"obs_{name}"]',
        "tests/results/test_verdicts.py",
    ),
    Mutation(
        "rvsjax/results/verdicts.py",
        "truly & ~violated",
        "truly & violated",
        "tests/results/test_verdicts.py",
    ),
]
MUTATIONS = [*MODELS, *ALGORITHMS, *SIMULATION, *STUDIES, *EXACT, *THEORY]
