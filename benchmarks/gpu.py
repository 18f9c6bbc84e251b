"""Run-steps a second on an NVIDIA GPU: XLA, our kernel, and how far both could go.

python benchmarks/gpu.py [--json FILE] [--runs N ...] [--dtypes NAME ...] [--dry-run]

One run, peers interleaved, median of --repeats. A run-step is one step of one run with
theta, the Lagrangian and the increase of both (l0, d = 50, k = 20); `xla` and `kernel`
watch everything that `rvsjax.simulate` does. `naive +WHILE` is `naive` with XLA's loop
as a CUDA graph, in a process of its own, since XLA reads its flags when it starts.
`hand` is CUDA written for this case alone, one thread a run; in float64 its weights
do not all fit in the registers. `differs by` is the largest difference from `naive`
after 50 steps, of weights, angle and increases. Needs jax[cuda] and warp-lang; a peer
that cannot run has a row that says why. Exit status 2: no GPU. Not run on one yet.

`roof` is the rate at which the additions and multiplications of a step, 29 a weight as
the kernel does them, would reach the measured rate of a multiply-add loop.
"""

import argparse
import contextlib
import datetime
import importlib
import json
import os
import statistics
import subprocess
import sys
import time
from typing import Any

D, K_PATCHES = 50, 20
OPERATIONS = 29 * D
CHAINS = 32
PEERS = ("naive", "naive +WHILE", "xla", "kernel", "hand")
FLAG = "--xla_gpu_enable_command_buffer=+WHILE"

MACROS = """
#ifdef __CUDA_ARCH__
#define EACH _Pragma("unroll") for (int j = 0; j < {d}; ++j)
#define FMA(x, y, z) ::fma(x, y, z)
#define FORGET(x) asm volatile("" : "+{register}"(x))  // compute again, keep less
#else
#define EACH for (int j = 0; j < {d}; ++j)
#define FMA(x, y, z) ((x) * (y) + (z))
#define FORGET(x)
#endif
"""

ENDS = """
#undef EACH
#undef FMA
#undef FORGET
"""

HAND = """
    using T = {real};
    constexpr int D = {d};
    T w[D], p[D];
    EACH {{ w[j] = start[tid * D + j]; p[j] = w_star[tid * D + j]; }}
    const T K = numbers[0], lam = numbers[1], beta = numbers[2], eta = numbers[3];
    const T threshold = wp::sqrt(2 * lam / beta);
    const T a = 1 - eta * (K + beta), b = eta * K, c = eta * beta;
    T theta = 0, value = 0, rise = -1, climb = -1;
    for (int step = 0; step <= steps[0]; ++step) {{
        T vv = 0, nonzero = 0, gap = 0, apart = 0;
        EACH {{
            const T y = wp::abs(w[j]) > threshold ? w[j] : T(0);
            const T v = FMA(c, y, FMA(b, p[j], a * w[j]));
            vv += v * v;
            nonzero += y != 0 ? T(1) : T(0);
        }}
        const T scale = step ? 1 / wp::sqrt(vv) : T(1);
        const T A = step ? a * scale : T(1), B = step ? b * scale : T(0),
                C = step ? c * scale : T(0);
        EACH {{
            FORGET(w[j]);
            const T y = wp::abs(w[j]) > threshold ? w[j] : T(0);
            const T t = FMA(C, y, FMA(B, p[j], A * w[j]));
            gap += (t - p[j]) * (t - p[j]);
            apart += (t - y) * (t - y);
            w[j] = t;
        }}
        const T angle = 2 * wp::asin(wp::sqrt(gap) / 2);
        const T energy = K * angle + lam * nonzero + beta / 2 * apart;
        if (step) rise = wp::max(rise, angle - theta);
        if (step) climb = wp::max(climb, energy - value);
        theta = angle, value = energy;
    }}
    EACH w_end[tid * D + j] = w[j];
    seen[tid * 3] = theta, seen[tid * 3 + 1] = rise, seen[tid * 3 + 2] = climb;
"""

ROOF = """
    using T = {real};
    T x[{d}];
    EACH x[j] = start[tid * {d} + j];
    for (int step = 0; step < steps[0]; ++step)
        EACH x[j] = FMA(x[j], T(0.999), T(0.001));
    EACH w_end[tid * {d} + j] = x[j];
    seen[tid * 3] = x[0];
"""


# -- the peers, in a worker: a process that reads a line and answers with one ----------


def problem(runs, dtype):
    import jax
    import jax.numpy as jnp

    keys = jax.random.split(jax.random.key(0), 2)
    w, w_star = (jax.random.normal(key, (runs, D), dtype) for key in keys)
    w, w_star = (x / jnp.linalg.norm(x, axis=1, keepdims=True) for x in (w, w_star))
    lam, beta, eta = (jnp.full(runs, x, dtype) for x in (1e-4, 4e-3, 0.05))
    return w, w_star, lam, beta, eta


def naive(steps):
    """Return what a user of JAX would write."""
    import jax
    import jax.numpy as jnp

    K = K_PATCHES / (2 * jnp.pi)

    def prox(w, lam, beta):
        return jnp.where(jnp.abs(w) > jnp.sqrt(2 * lam / beta), w, 0)

    def run(w, w_star, lam, beta, eta):
        def watch(w, u):
            far, near = jnp.linalg.norm(w - w_star), jnp.linalg.norm(w + w_star)
            theta = 2 * jnp.arctan2(far, near)
            coupling = beta / 2 * jnp.sum((w - u) ** 2)
            return theta, K * theta + lam * jnp.sum(u != 0) + coupling

        def step(carry, _):
            w, theta, value, rise, climb = carry
            u = prox(w, lam, beta)
            gradient = K * (w / jnp.linalg.norm(w) - w_star)
            v = w - eta * gradient - eta * beta * (w - u)
            w = v / jnp.linalg.norm(v)
            now, energy = watch(w, u)
            rise = jnp.maximum(rise, now - theta)
            climb = jnp.maximum(climb, energy - value)
            return (w, now, energy, rise, climb), None

        first = watch(w, prox(w, lam, beta))
        lowest = jnp.full_like(lam, -jnp.inf)
        carry, _ = jax.lax.scan(step, (w, *first, lowest, lowest), length=steps)
        return carry[0], carry[1], carry[3], carry[4]

    return jax.jit(jax.vmap(run))


def ours(steps, simulate):
    import jax

    from rvsjax.algorithms import ALGORITHMS
    from rvsjax.models.no_overlap import Teacher
    from rvsjax.penalties import L0
    from rvsjax.simulation.simulate import Run
    from rvsjax.types import Hyper

    def run(w, w_star, lam, beta, eta):
        teacher = Teacher(w_star, K_PATCHES)
        hyper = Hyper(lam, beta, eta)
        made = Run(teacher, w, L0(), hyper, ALGORITHMS["rvscgd"], steps, 2)
        end = simulate(made)
        seen = end.monitor
        return (
            end.state.w,
            seen.theta.value,
            seen.theta.max_increase,
            seen.lagrangian.max_increase,
        )

    return jax.jit(jax.vmap(run))


def native(text, dtype, d) -> Any:
    """Return a text of CUDA as a JAX function of (start, w_star, numbers, steps)."""
    wp: Any = importlib.import_module("warp")
    real, register = {"float32": ("float", "f"), "float64": ("double", "d")}[dtype]
    macros = MACROS.format(d=d, register=register)
    flat, whole = wp.array(dtype=getattr(wp, dtype)), wp.array(dtype=wp.int32)
    types = dict.fromkeys(
        ("start", "w_star", "numbers", "steps", "w_end", "seen"), flat
    )
    types["steps"] = whole
    body = text.format(real=real, d=d)
    for name in types:
        body = body.replace(f"{name}[", f"{name}.data[")

    def inner(start, w_star, numbers, steps, w_end, seen, tid): ...

    inner.__annotations__ = types | {"tid": int}
    snippet = wp.func_native(f"{macros}{body}{ENDS}")(inner)

    def outer(start, w_star, numbers, steps, w_end, seen):
        snippet(start, w_star, numbers, steps, w_end, seen, wp.tid())

    outer.__annotations__ = types
    kernel = wp.kernel(outer, module="unique", enable_backward=False)
    made = wp.jax_kernel(kernel, num_outputs=2, block_dim=64)

    def call(start, w_star, numbers, steps):
        runs = start.size // d
        sizes = {"w_end": start.size, "seen": 3 * runs}
        return made(start, w_star, numbers, steps, launch_dims=runs, output_dims=sizes)

    return call


def hand(steps, dtype) -> Any:
    import jax
    import jax.numpy as jnp

    call = native(HAND, dtype, D)

    def run(w, w_star, lam, beta, eta):
        K = jnp.asarray(K_PATCHES / (2 * jnp.pi), dtype)
        numbers = jnp.stack([K, lam[0], beta[0], eta[0]])
        last = jnp.array([steps], "int32")
        end, seen = call(w.ravel(), w_star.ravel(), numbers, last)
        return end.reshape(w.shape), *seen.reshape(-1, 3).T

    return jax.jit(run)


def roof(steps, dtype):
    """Return additions and multiplications a second, of CHAINS chains a thread."""
    import jax
    import jax.numpy as jnp

    threads = 1 << (20 if jax.default_backend() == "gpu" else 4)
    call: Any = jax.jit(native(ROOF, dtype, CHAINS))
    start, last = jnp.ones(threads * CHAINS, dtype), jnp.array([steps], "int32")
    best = min(clock(lambda: call(start, start, start[:4], last)) for _ in range(5))
    return 2 * CHAINS * threads * steps / best


def clock(call):
    import jax

    begin = time.perf_counter()
    jax.block_until_ready(call())
    return time.perf_counter() - begin


def peer(name, runs, dtype, steps) -> Any:
    if name.startswith("naive"):
        return naive(steps)
    if name == "hand":
        return hand(steps, dtype)
    from rvsjax.simulation.kernels.warp import choose_lanes, run_kernel
    from rvsjax.simulation.simulate import simulate

    def by_kernel(run):
        return run_kernel(run, choose_lanes(run, runs))

    return ours(steps, simulate if name == "xla" else by_kernel)


class Worker:
    """Answers requests; keeps the arrays and programs of one size and precision."""

    def __init__(self):
        self.key: Any = None
        self.arrays: tuple = ()
        self.programs: dict[str, Any] = {}

    def hello(self):
        import jax

        jax.config.update("jax_enable_x64", True)
        [device, *_] = jax.devices()
        versions = {"jax": jax.__version__}
        with contextlib.suppress(ImportError):
            wp: Any = importlib.import_module("warp")
            wp.config.log_level = wp.LOG_ERROR
            versions["warp"] = wp.__version__
        return {"platform": device.platform, "device": device.device_kind} | versions

    def roof(self, dtype, steps):
        return roof(steps, dtype)

    def prepare(self, name, runs, dtype, steps, seconds):
        """Compile a peer for so many steps that it runs for about `seconds`."""
        if (runs, dtype) != self.key:
            self.key, self.programs = (runs, dtype), {}
            self.arrays = problem(runs, dtype)
        self._compile(name, steps)
        while self._time(name) < seconds / 4 and steps < 1 << 18:
            spent = self._time(name)
            steps = min(1 << 18, max(2 * steps, int(steps * seconds / spent)))
            self._compile(name, steps)
        return steps

    def _compile(self, name, steps):
        runs, dtype = self.key
        self.programs[name] = peer(name, runs, dtype, steps)
        self._time(name)

    def _time(self, name):
        return clock(lambda: self.programs[name](*self.arrays))

    def measure(self, name):
        return self._time(name)

    def difference(self, name, steps):
        """Return how far a peer is from `naive` after a few steps, at most."""
        import jax.numpy as jnp

        runs, dtype = self.key
        made = [peer(who, runs, dtype, steps) for who in ("naive", name)]
        ends = [program(*self.arrays) for program in made]
        return max(float(jnp.max(jnp.abs(a - b))) for a, b in zip(*ends))


def serve():
    worker = Worker()
    for line in sys.stdin:
        name, arguments = json.loads(line)
        try:
            answer = {"value": getattr(worker, name)(*arguments)}
        except Exception as problem:  # a peer that fails is a row, not the end
            said = f"{type(problem).__name__}: {problem}".splitlines()[0]
            answer = {"error": said[:200]}
        print("@" + json.dumps(answer), flush=True)


# -- the table, in a process that never sees the device --------------------------------


class Remote:
    """A worker in a process of its own, with its own flags for XLA."""

    def __init__(self, flags=""):
        flags = f"{os.environ.get('XLA_FLAGS', '')} {flags}".strip()
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ
            | {"XLA_FLAGS": flags, "XLA_PYTHON_CLIENT_PREALLOCATE": "false"},
        )

    def ask(self, name, *arguments):
        """Return the worker's answer; raises RuntimeError with what it says instead."""
        assert self.process.stdin and self.process.stdout
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(json.dumps([name, arguments]) + "\n")
            self.process.stdin.flush()
        for line in self.process.stdout:
            if line.startswith("@"):
                answer = json.loads(line[1:])
                if "error" in answer:
                    raise RuntimeError(answer["error"])
                return answer["value"]
        raise RuntimeError(f"the process ended with {self.process.wait()}")


def compare(workers, runs, dtype, options):
    """Yield the rows of one size and precision, measured in turns."""
    steps, rows, times = {}, {}, {}
    for name in PEERS:
        rows[name] = {"peer": name, "runs": runs, "dtype": dtype}
        request = (name, runs, dtype, 64, options.seconds)
        try:
            steps[name] = workers[name].ask("prepare", *request)
            rows[name]["differs by"] = workers[name].ask("difference", name, 50)
            times[name] = []
        except RuntimeError as problem:
            rows[name]["error"] = str(problem)
    for _ in range(options.repeats):
        for name, taken in times.items():
            taken.append(workers[name].ask("measure", name))
    for name, taken in times.items():
        rows[name]["steps"] = steps[name]
        rows[name]["run-steps/s"] = runs * steps[name] / statistics.median(taken)
    return list(rows.values())


def show(rows, peak):
    """Print one line a peer: rate, ratio to `naive`, share of the roof."""
    rates = {row["peer"]: row.get("run-steps/s") for row in rows}
    for row in rows:
        line = f"{row['runs']:>10,} {row['dtype']:8} {row['peer']:13}"
        if "error" in row:
            print(f"{line} did not run: {row['error']}")
            continue
        rate, base = row["run-steps/s"], rates["naive"]
        row["ratio"] = rate / base if base else None
        row["of roof"] = rate * OPERATIONS / peak if peak else None
        ratio = f"{row['ratio']:8.2f} x" if base else " " * 10
        share = f"{row['of roof']:7.1%}" if peak else "      -"
        print(f"{line} {rate:10.3e} {ratio} {share}  {row['differs by']:.0e}")


def arguments():
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--runs", type=int, nargs="+", metavar="N")
    parser.add_argument("--dtypes", nargs="+", metavar="NAME")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.5, help="one measurement")
    parser.add_argument(
        "--dry-run", action="store_true", help="small, on a CPU as well"
    )
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.dry_run:
        options.repeats, options.seconds = 1, 0.0
    options.runs = options.runs or (
        [64] if options.dry_run else [10**n for n in range(3, 8)]
    )
    options.dtypes = options.dtypes or ["float32", "float64"]
    return options


def main(options):
    plain = Remote()
    about = plain.ask("hello")
    if about["platform"] != "gpu" and not options.dry_run:
        print(
            "benchmarks/gpu.py needs an NVIDIA GPU, and JAX sees none", file=sys.stderr
        )
        return 2
    flagged = Remote(FLAG if about["platform"] == "gpu" else "")
    workers = dict.fromkeys(PEERS, plain) | {"naive +WHILE": flagged}
    about |= {"date": datetime.date.today().isoformat(), "roof": {}}
    print(", ".join(f"{name} {value}" for name, value in about.items() if value))
    if options.dry_run:
        print("a dry run: these figures mean nothing")
    rows = []
    with contextlib.suppress(RuntimeError):
        flagged.ask("hello")
    for dtype in options.dtypes:
        peak = None
        try:
            peak = plain.ask("roof", dtype, 100 if options.dry_run else 50_000)
            print(f"roof of {dtype}: {peak:.3e} additions and multiplications a second")
        except RuntimeError as problem:
            print(f"roof of {dtype}: not measured: {problem}")
        about["roof"][dtype] = peak
        print(
            "      runs dtype    peer          run-steps/s  to naive of roof differs by"
        )
        for runs in options.runs:
            rows += (found := compare(workers, runs, dtype, options))
            show(found, peak)
    if options.json:
        with open(options.json, "w") as file:
            json.dump({"about": about, "rows": rows}, file, indent=1)
    return 0


if __name__ == "__main__":
    chosen = arguments()
    sys.exit(serve() if chosen.worker else main(chosen))
