"""Mistakes of sweep files, and of what is set in them, with what is told of each.

A text stands here once, and what must hold of all in `test_mistakes.py`. Tables are
written in one line where the reader of a file would give them several.
"""

from typing import NamedTuple


class Mistake(NamedTuple):
    """A sweep file that is refused, or options that are for a good one."""

    data: bytes
    told: dict[str, str]  # a part of each sentence, by its key path; "" is any path
    options: tuple[str, ...] = ()  # of the command


def head(study="rvscgd", name='"t"'):
    return f'version = 1\nname = {name}\nstudy = "{study}"\n'


HEAD = head()
WHOLE = "must be a whole number, such as 100000"
LETTERS = "must be letters, digits, points, - and _, at most 64, none of . - _ first"
A_LIST = "a list is an axis: put it into [grid]"
HEX = "0x" + "f" * 60_000
DIGITS = "0" * 400
MANY = "thousands of digits"

# -- behind the head of a file ---------------------------------------------------------

VALUES = {
    # unknown keys, with a guess where one is near
    "gird = 1": ("gird", 'did you mean "grid"?'),
    "zzz = 1": ("zzz", "known: version, name, study"),
    "constants.btea = 1.0": ("constants.btea", '"beta"?'),
    "grid.penlty = ['l0']": ("grid.penlty", '"penalty"?'),
    "zip = [{bta = [1.0]}]": ("zip[0].bta", '"beta"?'),
    "case = [{k = 3}, {lm = 1.0}]": ("case[1].lm", '"lam"?'),
    "exclude = [{penalt = 'l0'}]": ("exclude[0].penalt", '"penalty"?'),
    "exclude = [{seed = 1}]": ("exclude[0].seed", "unknown"),
    "seeds.cuont = 1": ("seeds.cuont", 'did you mean "count"?'),
    "record.curve = 9": ("record.curve", 'did you mean "curves"?'),
    # wrong types
    "constants.k = '20'": ("constants.k", f"{WHOLE}, got '20'"),
    "constants.k = 20.0": ("constants.k", f"{WHOLE}, got 20.0"),
    "constants.k = true": ("constants.k", f"{WHOLE}, got True"),
    "constants.lam = true": ("constants.lam", "got True"),
    "constants.beta = [1.0]": ("constants.beta", A_LIST),
    "constants.penalty = ['l0']": ("constants.penalty", A_LIST),
    "constants.w_star = ['1, 2']": ("constants.w_star", A_LIST),
    "constants.w_star = [1, 2]": (
        "constants.w_star",
        'must be numbers with commas in quotes: "3, 2, 1", got [1, 2]',
    ),
    "constants.k = {lin = [1, 3], num = 3}": (
        "constants.k",
        "a range is an axis: put it into [grid]",
    ),
    "constants.k = ['x']": ("constants.k", WHOLE),
    "constants.beta = 2020-01-01": ("constants.beta", "number"),
    "grid.beta = [[1.0]]": ("grid.beta[0]", "number"),
    "constants.penalty = {}": ("constants.penalty", "'l0'"),
    "grid = 'x'": ("grid", "is a table: write [grid], got 'x'"),
    "zip.beta = [1.0]": (
        "zip",
        "is a list of blocks: write [[zip]], got {'beta': [1.0]}",
    ),
    "case = ['x']": ("case.0", "write [[case]], got 'x'"),
    "seeds = 5": ("seeds", "is a table: write [seeds] and count = 5"),
    "seeds = 'x'": ("seeds", "is a table: write [seeds], got 'x'"),
    "sample = 'x'": ("sample", "is a table: write [sample], got 'x'"),
    "steps = 1000": ("steps", "put it into [constants]"),
    "lam = [1, 2]": ("lam", "is a parameter: put it into [grid]"),
    "epochs = 9": ("epochs", "unknown key"),
    "about = 3": ("about", "must be words in quotes, got 3"),
    "seeds.count = '4'": ("seeds.count", f"{WHOLE}, got '4'"),
    "record.weights = 'no'": ("record.weights", "must be a boolean, true or false"),
    # out of range, or no such choice
    "constants.k = 0": ("constants.k", "greater than or equal to 1"),
    "constants.beta = 0": ("constants.beta", "greater than"),
    "grid.lam = [0.1, -0.1]": ("grid.lam[1]", "got -0.1"),
    "constants.eta = nan": ("constants.eta", "finite"),
    "grid.eta = [0.1, inf]": ("grid.eta[1]", "finite"),
    "constants.penalty = 'l2'": ("constants.penalty", "'l0', 'l1', 'transformed-l1', "),
    "constants.steps = 10_000_000_000": ("constants.steps", "less than"),
    "constants.start_angle = 3.2": ("constants.start_angle", "less than"),
    "seeds.count = 0": ("seeds.count", "equal to 1"),
    "seeds.base = -1": ("seeds.base", "equal to 0"),
    "seeds.base = 4_294_967_296": ("seeds.base", "less than 4294967296"),
    "record.curves = 1": ("record.curves", "or 2 or more points"),
    "constants.lam = -1": ("constants.lam", "equal to 0, got -1"),
    "constants.nnz = 10_000_000": ("constants.nnz", "less"),
    "constants.d = 0": ("constants.d", "equal to 1, got 0"),
    "constants.w_star = '1, x'": (
        "constants.w_star",
        'must be numbers with commas, such as "3, 2, 1"',
    ),
    "constants.w_star = ''": ("constants.w_star", "must be numbers with commas"),
    "constants.w_star = '0, 0'": (
        "constants.w_star",
        "must be finite numbers, not all of them 0",
    ),
    "constants.w_star = '1, inf'": ("constants.w_star", "must be finite numbers"),
    "constants.w_star = '1, nan'": ("constants.w_star", "must be finite numbers"),
    "constants = {gradient = 'minibatch', batch = 0}": (
        "constants.batch",
        "must be greater",
    ),
    "constants = {gradient = 'empirical', train_size = 0}": (
        "constants.train_size",
        "must be greater",
    ),
    "constants = {algorithm = 'hard_projection', s = 0}": (
        "constants.s",
        "must be greater",
    ),
    "constants.surrogate = 'tanh'": ("constants.surrogate", "must be 'relu'"),
    "constants.gradient = 'sampled'": ("constants.gradient", "must be 'population'"),
    "constants.algorithm = 'adam'": ("constants.algorithm", "must be 'rvscgd'"),
    "constants.w_star = '1e-200, 0'": ("constants.w_star", "length"),
    "constants.w_star = '1e200, 0'": ("constants.w_star", "length"),
    "constants.w_star = '1e999'": ("constants.w_star", "finite"),
    # axes
    "grid.beta = []": ("grid.beta", "empty list"),
    "case = [{beta = []}]": ("case[0].beta", "empty list"),
    "zip = [{beta = []}]": ("zip[0].beta", "empty list"),
    "exclude = [{}]": ("exclude[0]", "is empty"),
    "grid.beta = [0.1, 0.1]": ("grid.beta", "beta = 0.1 stands there t"),
    "grid.beta = [1, 1.0]": ("grid.beta", "twice"),
    "case = [{lam = [1.0, 1.0]}]": ("case[0].lam", "twice"),
    "zip = [{lam = [1, 2, 1], beta = [3, 4, 3]}]": (
        "zip[0]",
        "lam = 1.0, beta = 3.0 stands there twice",
    ),
    "zip = [{d = [50, 200], nnz = [5, 20, 30]}]": (
        "zip[0]",
        "of one length, got {'d': 2, 'nnz': 3}",
    ),
    "zip = [{d = [9]}, {k = [1, 2], lam = [1]}]": ("zip[1]", "length"),
    # ranges
    "grid.beta = {lin = [1, 2], num = 1}": ("grid.beta", "2 <= num"),
    "grid.beta = {lin = [1, 2], num = 100001}": ("grid.beta", "100000"),
    "grid.beta = {lin = [1, 2], num = true}": ("grid.beta", "num"),
    "grid.beta = {lin = [1, 2]}": ("grid.beta", "num = n"),
    "grid.beta = {lin = [1, 2], num = 3, base = 2}": ("grid.beta", "must be { lin"),
    "grid.beta = {lin = [1, 2], geom = [1, 2], num = 3}": (
        "grid.beta",
        "must be { lin",
    ),
    "grid.beta = {lin = [1, 2, 3], num = 3}": ("grid.beta", "lin"),
    "grid.beta = {lin = [1, 'x'], num = 3}": ("grid.beta", "lin"),
    "grid.beta = {lin = [1, inf], num = 3}": ("grid.beta", "lin"),
    "grid.lam = {geom = [0, 1], num = 3}": ("grid.lam", "positive"),
    "grid.lam = {geom = [-1, 1], num = 3}": ("grid.lam", "posit"),
    "grid.lam = {lin = [-1, 1], num = 3}": ("grid.lam", "got -1"),
    "grid.k = {lin = [1, 2], num = 3}": ("grid.k", "got 1.5"),
    "grid.penalty = {lin = [1, 2], num = 2}": ("grid.penalty", "l0"),
    "grid.beta = {lin = [1, 2], num = 1_000_000_000}": ("grid.beta", "num <= 100000"),
    # samples
    "sample.beta = {uniform = [1, 2]}": ("sample.n", "is missing"),
    "sample = {n = 0, beta = {uniform = [1, 2]}}": ("sample.n", "equal to 1"),
    "sample = {n = 2000000, lam = {uniform = [1, 2]}}": ("sample.n", "less"),
    "sample.n = 4": ("sample", "names no parameter"),
    "sample = {n = 4, method = 'sobl'}": ("sample.method", "'sobol'"),
    "sample = {n = 4, beta = [1, 2]}": ("sample.beta", "uniform"),
    "sample = {n = 4, beta = {normal = [0, 1]}}": ("sample.beta", "choice"),
    "sample = {n = 4, beta = {uniform = [1, 2], loguniform = [1, 2]}}": (
        "sample.beta",
        "must be { uniform",
    ),
    "sample = {n = 4, beta = {uniform = [1, 2, 3]}}": (
        "sample.beta.uniform",
        "two numbers",
    ),
    "sample = {n = 4, beta = {uniform = [2, 1]}}": (
        "sample.beta.uniform",
        "lower bound below",
    ),
    "sample = {n = 4, lam = {loguniform = [0, 1]}}": (
        "sample.lam.loguniform",
        "positive",
    ),
    "sample = {n = 4, beta = {uniform = [-1, 1]}}": (
        "sample.beta.uniform[0]",
        "greater than",
    ),
    "sample = {n = 4, penalty = {uniform = ['l0', 'l1']}}": (
        "sample.penalty.uniform",
        "two numbers",
    ),
    "sample = {n = 4, beta = {choice = []}}": ("sample.beta.choice", "empty list"),
    "sample = {n = 4, penalty = {choice = ['l0', 'l2']}}": (
        "sample.penalty.choice[1]",
        "'l1'",
    ),
    "sample = {n = 4, seed = -1, beta = {uniform = [1, 2]}}": (
        "sample.seed",
        "equal to 0",
    ),
    "sample = {n = 4, metod = 'lhs', lam = {uniform = [0, 1]}}": (
        "sample.metod",
        'did you mean "method"?',
    ),
    "sample = {n = 4, btea = {uniform = [0, 1]}}": (
        "sample.btea",
        'did you mean "beta"?',
    ),
    "sample = {n = 4, k = {choice = [1, 2]}}": ("sample", "twice"),
    "sample = {n = 4, beta = {uniform = [nan, 1]}}": (
        "sample.beta.uniform[0]",
        "finite",
    ),
    "sample = {n = 1000000, lam = {uniform = [0, 1]}}": ("sample.n", "less"),
    # one place only
    "constants.beta = 1.0\ngrid.beta = [2.0]": (
        "grid.beta",
        "is set in constants already",
    ),
    "grid.d = [50]\nzip = [{d = [60]}]": ("zip[0].d", "is set in grid already"),
    "zip = [{d = [50]}, {d = [60]}]": ("zip[1].d", "is set in zip[0] already"),
    "constants.lam = 1.0\ncase = [{lam = 2.0}]": (
        "case.lam",
        "is set in constants already",
    ),
    "case = [{lam = 2.0}]\nsample = {n = 4, lam = {uniform = [0, 1]}}": (
        "sample.lam",
        "is set in case already",
    ),
    # values that do not fit together
    "constants.d = 4": ("nnz", "exceed d, got nnz = 5 with d = 4"),
    "grid = {d = [5, 50], nnz = [5, 20]}": ("nnz", "nnz = 20 with d = 5"),
    "sample = {n = 16, nnz = {uniform = [51, 900]}}": ("nnz", "must not exceed d"),
    "constants = {start = 'teacher', start_angle = 1.0}": (
        "start_angle",
        'no meaning for start = "teacher"',
    ),
    "constants.start = 'uniform'\ngrid.start_angle = [1.0]": (
        "start_angle",
        'no meaning for start = "uniform"',
    ),
    "constants.start = 'angle'": ("start_angle", "needed"),
    "grid.a = [1.0, 2.0]": ("a", "has 2 values, but no meaning"),
    "grid = {a = [1.0, 2.0], penalty = ['l0', 'transformed-l1']}": (
        "a",
        "put it in the [[case]] that uses it",
    ),
    "constants.algorithm = 'cgd'\ngrid.lam = [1.0, 2.0]": ("lam", "no meaning"),
    "grid = {algorithm = ['cgd', 'rvscgd'], penalty = ['l0', 'l1']}": (
        "penalty",
        "no meaning",
    ),
    "constants.nnz = 51": ("nnz", "got nnz = 51 with d = 50"),
    "constants = {w_star = '1, 2', d = 3}": ("w_star", "needs d = 3 numbers, got 2"),
    "constants.w_start = '1, 2'": ("w_start", "needs d = 50 numbers, got 2"),
    "constants.start = 'given'": ("w_start", 'is needed for start = "given"'),
    "constants = {w_start = '1, 2', d = 2, nnz = 2, start = 'teacher'}": (
        "w_start",
        "has no meaning for start",
    ),
    "constants = {algorithm = 'cgd', precision = 'compensated'}": (
        "precision",
        "is for rvscgd",
    ),
    "constants = {gradient = 'empirical', train_size = 9, batch = 10}": (
        "train_size",
        "must be at least batch = 10, got 9",
    ),
    "constants.algorithm = 'hard_projection'": ("s", "is needed for algorithm"),
    "constants = {algorithm = 'hard_projection', s = 51}": (
        "s",
        "must not exceed d, got s = 51",
    ),
    # cases that share runs, and runs that differ in nothing that they use
    "case = [{lam = 1.0}, {lam = 1.0}]": ("case[1]", "case[0]"),
    "case = [{lam = [1.0, 2.0]}, {lam = 3.0}, {lam = [2.0, 4.0]}]": (
        "case[2]",
        "overlaps with case[0]",
    ),
    "case = [{penalty = 'l0'}, {lam = 0.0001}]": ("case[1]", "overlaps with case[0]"),
    "case = [{penalty = 'l0', a = 1.0}, {penalty = 'l0', a = 2.0}]": (
        "runs",
        "penalty = l0",
    ),
    "case = [{algorithm = 'cgd', lam = 1}, {algorithm = 'cgd', lam = 2}]": (
        "runs",
        "algorithm = cgd",
    ),
    "case = [{start = 'angle', start_angle = 1}, {start_angle = 1}]": (
        "runs",
        "stands there twice",
    ),
    "zip = [{a = [1, 2], lam = [3, 3]}]": ("runs", "twice: lam = 3.0"),
    # nothing left, and seeds of 32 bits
    "exclude = [{penalty = 'l0'}]": ("exclude", "leaves no run"),
    "seeds = {base = 4_294_967_290, count = 7}": (
        "seeds",
        "must stay below 2**32, reach 4294967296",
    ),
    "seeds.count = 1_000_000_000_000_000_000": ("seeds.count", "4294967"),
    "seeds = {base = 1, count = 4_294_967_296}": (
        "seeds",
        "below 2**32, reach 4294967296",
    ),
    # long numbers
    f"grid.beta = {{lin = [1, 1{DIGITS}], num = 3}}": ("grid.beta", "must be { lin"),
    f"grid.beta = {{geom = [1, 1{DIGITS}], num = 3}}": ("grid.beta", "must be { lin"),
    f"constants.beta = 1{DIGITS}": ("constants.beta", "must be a valid float64"),
    f"constants.k = 1{'0' * 4290}": ("constants.k", "less than"),
    f"constants.k = 1{'0' * 5000}": ("TOML", "digits"),
    f"constants.k = {HEX}": ("constants.k", "less than"),
    f"constants.beta = {HEX}": ("constants.beta", MANY),
    f"grid.beta = [[{HEX}]]": ("grid.beta[0]", MANY),
    f"grid.beta = {{lin = [1, {HEX}], num = 3}}": ("grid.beta", MANY),
    f"constants.penalty = 0o{'7' * 60_000}": ("constants.penalty", MANY),
    f"seeds.count = 0b{'1' * 60_000}": ("seeds.count", "less than"),
}
TWO_LAYER = {
    "constants.lam = 0.1": ("constants.lam", "unknown parameter"),
    "constants.surrogate = 'relus'": ("constants.surrogate", "must be"),
    "constants.spread = -0.1": ("constants.spread", "greater than or equal to 0"),
    "constants.k = 0": ("constants.k", "greater than or equal to 1"),
}
LENET = {
    "constants.epochs = 0": ("constants.epochs", "greater than or equal to 1"),
    "constants = {batch = 64, train_images = 32}": ("train_images", "at least batch"),
    "constants.method = 'plain'\ngrid.lam = [0.001, 0.01]": ("lam", "meaning"),
    "constants.bits = 9": ("constants.bits", "less than or equal to 8"),
    "constants.batch_norm = 1": ("constants.batch_norm", "boolean"),
    "constants.eta = 0.1": ("constants.eta", "unknown parameter"),
}

# Too much for 64 KiB: each of these was seen to take seconds, gigabytes or the
# whole stack in some parser; tomli 2.4.1 refuses depth before it costs anything.
LONGEST = "{lin = [1, 90000], num = 90000}"
RANGES = f"lam = {LONGEST}\nbeta = {LONGEST}\n"
RANGE = "{lin = [1, 100000], num = 100000}"
TOO_MUCH = {
    "x = " + "[" * 30_000 + "]" * 30_000: ("TOML", "nested"),
    "x = " + "{a=" * 15_000 + "1" + "}" * 15_000: ("TOML", "nested"),
    "x = " + "{a=" * 15_000: ("TOML", "nested"),
    "x = " + "[" * 60_000: ("TOML", "nested"),
    ".".join("a" * 32_000) + " = 1": ("TOML", "parts"),
    "[" + ".".join("a" * 32_000) + "]": ("TOML", "parts"),
    "x = " + "9" * 60_000: ("TOML", "digits"),
    f"grid = {{k = {RANGE}, d = {RANGE}, steps = {RANGE}}}": ("grid.steps", "at most"),
    "[[case]]\nk = 1\n" * 3000: ("case", "at most 200 blocks"),
    "[[exclude]]\nk = 1\n" * 3000: ("exclude", "at most 200 blocks"),
    f"[[case]]\n{RANGES}" * 200: ("case[1].lam", "at most 200,000"),
    f"[[exclude]]\n{RANGES}" * 200: ("exclude[1].lam", "at most 200,000"),
    "grid.d = {lin = [9, 99], num = 91}\n"
    + "".join(
        f"[[case]]\nk = {i + 1}\nsteps = [1,2,3,4,5,6,7,8]\n" for i in range(200)
    ): ("grid", "at most 100,000"),
}

# -- whole files -----------------------------------------------------------------------

NAMES = ["../x", "/etc/x", "a/b", "a\\\\b", "..", ".x", "", " x", "x\\n", "x\\u0000"]
NAMES += ["<script>", "&amp;", "\\u001b[31m", "é", "x" * 65, "x\\u202e", "$(rm)", "~"]
HEADS = {
    'name = "t"\nstudy = "rvscgd"\n': ("version", "is missing"),
    'version = 1\nstudy = "rvscgd"\n': ("name", "is missing"),
    'version = 1\nname = "t"\n': ("study", "is missing"),
    HEAD.replace("1", "2"): ("version", "must be 1, got 2"),
    HEAD.replace("1", "true"): ("version", "must be 1, got True"),
    HEAD.replace("1", "1.0"): ("version", "must be 1, got 1.0"),
    head("os.system"): ("study", "'rvscgd'"),
    head(name="3"): ("name", "must be words in quotes, got 3"),
} | {head(name=f'"{name}"'): ("name", LETTERS) for name in NAMES}

FILE, NO_TEXT = "file.toml", "is not UTF-8 text"
FILES = {
    b"#" * 10_000_000: (FILE, "is too long; a sweep file has at most 65536"),
    b"a." * 40_000 + b"a = 1": (FILE, "is too long"),
    'about = "é"'.encode("latin-1"): (FILE, NO_TEXT),
    HEAD.encode("utf-16"): (FILE, NO_TEXT),
    HEAD.encode("utf-16-be"): ("TOML", "line 1, column 1"),
    HEAD.encode("utf-32"): (FILE, NO_TEXT),
    b"\x89PNG\r\n\x1a\n" + bytes(range(256)): (FILE, NO_TEXT),
    b"\0" * 1000: ("TOML", "line 1, column 1"),
    b'name = "a\0b"': ("TOML", "line 1, column 10"),
    b"# \x1b[31m\n": ("TOML", "line 1, column 3"),
    b"version = 1\rname = 2\r": ("TOML", "line 1"),
    b"version = 1\nname\n": ("TOML", "line 2, column 5"),
    b"a = 0x\n": ("TOML", "line 1"),
    b"version = 1\nversion = 1\n": ("TOML", "overwrite"),
    b"[grid]\n[grid]\n": ("TOML", "declare"),
    b"[grid]\nk = [1]\n[[grid]]\n": ("TOML", "overwrite"),
    b'"" = 1\n' + HEAD.encode(): ('""', "unknown key"),
    b'" \\n" = 1\n' + HEAD.encode(): (" \\n", "unknown key"),
    b"x" * 60_000 + b"=1\n" + HEAD.encode(): ("", "unknown key"),
}

# -- all at once: every mistake, and nothing that may not be so ------------------------

EVERY_TABLE = """
foo = 1
[constants]
kk = 2
d = -1
[grid]
beta = []
eta = { geom = [0, 1], num = 3 }
lam = [0.1, 'x', -1.0]
[[zip]]
k = [1]
nnz = [1, 2]
[[case]]
penalty = 'l3'
[[exclude]]
[sample]
n = 4
a = { uniform = [2, 1] }
[seeds]
cuont = 3
base = -1
[record]
curves = 1
"""
SEVERAL = {
    EVERY_TABLE: (
        "foo constants.kk constants.d grid.beta grid.eta grid.lam[1] grid.lam[2] zip[0]"
        " case[0].penalty exclude[0] sample.a.uniform seeds.cuont seeds.base "
        "record.curves"
    ),
    "constants.d = 4\ngrid = {beta = [], lam = [1, -1]}\nseeds.base = -1": (
        "nnz grid.beta grid.lam[1] seeds.base"
    ),
    "grid.beta = [-1]\ncase = [{lam = [1, 2]}, {lam = [2, -3]}]": (
        "grid.beta[0] case[1].lam[1] case[1]"
    ),
    "".join(f"x{i} = 1\n" for i in range(2000)): " ".join(f"x{i}" for i in range(2000)),
    # one sentence for thousands of values
    "grid.nnz = {lin = [1, 99], num = 99}\ngrid.d = {lin = [1, 99], num = 99}": "nnz",
    # d is wrong, or it is not known, or drawn once all is right
    "constants = {nnz = 60, d = -1}": "constants.d",
    "constants.nnz = 60\ngrid.d = ['x']": "grid.d[0]",
    "grid = 1\nconstants.nnz = 60": "grid",
    "constants.nnz = 60\nzip = [{d = [70, 80], lam = [1]}]": "zip[0]",
    "zip = [{d = [-1, 70, 4], nnz = [4, 60, 3]}]": "zip[0].d[0]",
    "constants = {nnz = 60, beta = 0}\nsample = {n = 2, d = {uniform = [70, 80]}}": (
        "constants.beta"
    ),
    # it may be excluded; the case has no value that is right
    "grid.d = [4, 50]\nexclude = [{d = 4, beta = 'x'}]": "exclude[0].beta",
    "case = [{lam = [-1]}, {beta = 1}]": "case[0].lam[0]",
}
CONTROL = {
    "\\x1b[31m": "unknown key",
    "constants.a\\nb": "unknown parameter",
    "constants.penalty": "\\x1b]0;x\\x07",
    "case[0].\\u202e": "unknown parameter",
    "sample.\\x85": "unknown key",
}
CONTROLLED = (
    '"\\u001b[31m" = 1\n[constants]\n"a\\nb" = 1\npenalty = "\\u001b]0;x\\u0007"\n'
    '[[case]]\n"\\u202e" = 1\n[sample]\nn = 4\n"\\u0085" = {}\n'
)

# -- options ---------------------------------------------------------------------------

ESCAPE = "\x1b[31m"
LONG = "a." * 40_000 + "a"
SETTINGS = {
    "btea=1.0": ("btea", 'did you mean "beta"?'),
    "foo.bar=1": ("foo.bar", 'no table "foo"'),
    "case.lam=1.0": ("case.lam", 'no table "case"'),
    "seeds.a.b=1": ("seeds.a.b", 'no table "seeds.a"'),
    "seeds.cuont=1": ("seeds.cuont", 'did you mean "count"?'),
    "seeds='x'": ("seeds", "is a table: write [seeds], got 'x'"),
    "seeds=2.5": ("seeds.count", f"{WHOLE}, got 2.5"),
    "seeds=true": ("seeds", "is a table: write [seeds], got True"),
    "seeds.count=-1": ("seeds.count", "equal to 1"),
    "steps=1e3": ("constants.steps", f"{WHOLE}, got 1000.0"),
    "beta=": ("constants.beta", "got ''"),
    "eta=fast": ("constants.eta", "must be a number, got 'fast'"),
    "eta=true": ("constants.eta", "must be a number, got True"),
    "penalty=['l0', 'l2']": ("grid.penalty[1]", "got 'l2'"),
    "beta=[]": ("grid.beta", "empty list"),
    "study=os.system": ("study", "'rvscgd'"),
    "constants.k=3": ("grid.k", "is set in constants already"),
    "beta=" + "9" * 5000: ("--set beta", "digits"),
    f"beta={HEX}": ("constants.beta", MANY),
    f"about={HEX}": ("about", MANY),
    "beta=" + "[" * 3000: ("--set beta", "nested"),
    f"beta={{{LONG}=1}}": ("--set beta", "parts"),
    f"{LONG}=1": ("", "no table"),
    f"{'x' * 80_000}=1": ("", "unknown parameter"),
    f"penalty={'x' * 80_000}": ("constants.penalty", "'l0', 'l1', 'transformed-l1', "),
    f"{ESCAPE}=1": ("\\x1b[31m", "unknown parameter"),
    f"penalty={ESCAPE}": ("constants.penalty", "\\x1b[31m"),
    "name=a\nb": ("name", LETTERS),
    "name=\udcff": ("name", ""),
} | {f'name="{name}"': ("name", LETTERS) for name in NAMES}
for nothing in ("", "steps", "=3", " =3", "x" * 80_000):
    SETTINGS[nothing] = ("--set", "needs KEY=VALUE")
ONLY = {
    "bta=1": ("--only bta=1", 'did you mean "beta"'),
    "seeds=1": ("--only seeds=1", "needs KEY=V1,V2 with a parameter"),
    "beta": ("--only beta", "names no values; needs KEY=V1,V2"),
    "beta=": ("--only beta", "number, got ''"),
    "beta=x": ("--only beta", "number, got 'x'"),
    "beta=nan": ("--only beta", "finite"),
    "k=3.5": ("--only k", f"{WHOLE}, got 3.5"),
    "penalty=l2": ("--only penalty", "'l0', 'l1', 'transformed-l1', "),
    "beta=0.7": ("--only beta=0.7", "leaves no run; beta has 0.1, 0.2"),
    "k=7": ("--only k=7", "leaves no run; k has 20"),
    "a=1.0": ("--only a=1.0", "leaves no run; no run uses a"),  # l0 has none
    "": ("--only", "needs KEY=V1,V2"),
    f"{LONG}=1": ("", "needs KEY=V1,V2"),
    "beta=" + ",".join(["7"] * 10_000): ("", "leaves no run"),
    "beta=" + ",".join(map(str, range(1, 20_000))): ("", "leaves no run"),
    "k=" + "9" * 5000: ("--only k", WHOLE),
    f"penalty={ESCAPE}": ("--only penalty", "\\x1b[31m"),
}

# -- all of them -----------------------------------------------------------------------


def _files():
    for study, bodies in {
        "rvscgd": VALUES | TOO_MUCH,
        "two_layer": TWO_LAYER,
        "lenet": LENET,
    }.items():
        for body, told in bodies.items():
            yield head(study) + body, dict([told])
    for text, told in (HEADS | FILES).items():
        yield text, dict([told])
    for body, places in SEVERAL.items():
        yield HEAD + body, dict.fromkeys(places.split(), "")
    yield HEAD + CONTROLLED, CONTROL
    yield "", dict.fromkeys(["version", "name", "study"], "is missing")
    broken = 'version = 3\nname = "t"\ngrid.beta = []\n'
    yield broken, {"version": "must be 1", "study": "", "grid.beta": "empty list"}


def _encoded(text):
    return text if isinstance(text, bytes) else text.encode()


MISTAKES = [Mistake(_encoded(text), told) for text, told in _files()]
for option, axis, asked in (
    ("--set", "grid.k = [3, 4]", SETTINGS),
    ("--only", "grid.beta = [0.1, 0.2]", ONLY),
):
    for value, told in asked.items():
        options = (f"{option}={value}",)
        MISTAKES.append(Mistake(_encoded(HEAD + axis), dict([told]), options))
for table in ("grid", "constants", "sample", "zip", "case"):
    text = _encoded(f"{HEAD}{table} = 'x'\n")
    settings = ("--set=lam=0.25", "--set=sample.n=3")
    told = {table: "", "sample": ""}
    MISTAKES.append(Mistake(text, told, settings))
for table in ("zip", "case"):
    text = _encoded(f"{HEAD}{table} = ['x']\n")
    MISTAKES.append(Mistake(text, {f"{table}.0": ""}, ("--set=lam=0.25",)))
MISTAKES.sort(key=lambda mistake: b"sample" in mistake.data)  # which may import NumPy
