"""Faults of files, folders, their locks and what a sweep does with them."""

from tests.mutations import Mutation

_STORE = "rvsjax/sweep/store"
_TESTS = "tests/sweep/test_store.py"
_DAMAGE = "tests/sweep/test_damage.py"
_DISKS = "tests/sweep/test_disks.py"
_AGAIN = "tests/sweep/test_recompute.py"

ATOMIC = [
    Mutation(
        f"{_STORE}/atomic.py",
        "            os.fsync(file.fileno())\n",
        "",
        "tests/sweep/test_faults_power.py",
    ),
    Mutation(
        f"{_STORE}/atomic.py",
        '    failpoint("renamed", path)\n    sync(path.parent)\n',
        '    failpoint("renamed", path)\n',
        "tests/sweep/test_faults_power.py",
    ),
    Mutation(
        f"{_STORE}/atomic.py",
        "            temporary.unlink(missing_ok=True)\n",
        "            pass\n",
        f"{_DISKS}::test_a_disk_that_is_full_anywhere",
    ),
    Mutation(
        f"{_STORE}/atomic.py",
        "            error.filename = str(path)\n",
        "            pass\n",
        f"{_DISKS}::test_a_disk_that_is_full_anywhere",
    ),
    Mutation(
        f"{_STORE}/atomic.py",
        "if error.errno not in _NO_SYNC:",
        "if False:",
        f"{_DISKS}::test_a_failed_sync_is_told_and_never_tried_again "
        f"{_DISKS}::test_out_of_handles_anywhere tests/sweep/test_faults_errors.py",
    ),
    Mutation(
        f"{_STORE}/atomic.py",
        "while target.exists():",
        "while False:",
        f"{_DAMAGE}::test_the_same_harm_twice_keeps_both",
    ),
]
LOCK = [
    Mutation(
        f"{_STORE}/lock.py",
        "int(match[2]) != total",
        "int(match[2]) < 0",
        "tests/sweep/test_locks.py::test_shares_and_who_is_refused",
    ),
    Mutation(
        f"{_STORE}/lock.py",
        "        own.close()\n",
        "",
        "tests/sweep/test_locks.py::test_whoever_is_refused_lets_go_before_others_look",
    ),
    Mutation(
        f"{_STORE}/lock.py",
        'about = json.loads(_about(path).read_text()[:1000])\n        return f"process',
        'about = json.loads(_about(path).read_text()[:1000])\n        return f"program',
        "tests/sweep/test_locks.py::test_the_second_is_told_who_since_when",
    ),
]
FILES = [
    Mutation(
        f"{_STORE}/parts.py",
        "if hashlib.sha256(data).hexdigest() != part.digest:",
        "if False:",
        f"{_DAMAGE}::test_a_flipped_bit_anywhere_in_a_part_is_noticed",
    ),
    Mutation(
        f"{_STORE}/parts.py",
        'if inside.get("block") != str(part.block):',
        "if False:",
        f"{_TESTS} {_DAMAGE}::test_what_does_not_belong_there_is_moved",
    ),
    Mutation(
        f"{_STORE}/parts.py",
        'if plan is not None and told.get("plan") != plan:',
        "if False:",
        f"{_TESTS} {_DAMAGE}::test_what_does_not_belong_there_is_moved",
    ),
    Mutation(
        f"{_STORE}/sealed.py",
        "if self._sound.get(path) != stamp and tables.digest(path) == sealed:",
        "if True:",
        f"{_DAMAGE}::test_a_flipped_bit_anywhere_in_a_whole_table_is_noticed",
    ),
    Mutation(
        f"{_STORE}/manifest.py",
        'if content.pop("digest", None) not in (None, _digest(content)):',
        'if content.pop("digest", None) == "":',
        f"{_DAMAGE}::test_every_digit_of_a_manifest_counts",
    ),
    Mutation(
        f"{_STORE}/untrusted.py",
        "if not stat.S_ISREG(path.lstat().st_mode):",
        "if not stat.S_ISREG(path.stat().st_mode):",
        "tests/sweep/test_safe_to_open.py"
        "::test_what_no_sweep_wrote_is_refused_in_a_sentence",
    ),
    Mutation(
        "rvsjax/environment/cache.py",
        "return data if hashlib.sha256(data).digest() == digest else None",
        "return data",
        "tests/environment/test_cache.py",
    ),
]
SWEEP = [
    Mutation(
        "rvsjax/sweep/schedule.py",
        "if known is None or not known(item)",
        "if True",
        "tests/sweep/test_schedule.py",
    ),
    Mutation(
        "rvsjax/sweep/schedule.py",
        "start = max([first - 1, *done]) + 1",
        "start = len(done)",
        "tests/sweep/test_schedule.py",
    ),
    Mutation(
        "rvsjax/sweep/recompute.py",
        "size = halved.get(block.number, config.block_size)",
        "size = config.block_size",
        f"{_AGAIN}::test_a_block_that_was_halved_is_computed_in_its_pieces",
    ),
    Mutation(
        "rvsjax/sweep/differences.py",
        "[(a, b) for a, b in pairs if not alike(table, column, a, b)]",
        "[(a, b) for a, b in pairs if a and not alike(table, column, a, b)]",
        f"{_AGAIN}::test_differences_are_told_column_by_column",
    ),
    Mutation(
        "rvsjax/sweep/verify.py",
        "else tolerance.differences(there, here)",
        "else []",
        f"{_AGAIN}::test_a_planted_error_is_found",
    ),
    Mutation(
        "rvsjax/sweep/rerun.py",
        "differences=differences(there, here, same_bits)",
        "differences=[]",
        f"{_AGAIN}::test_a_planted_error_is_found",
    ),
    Mutation(
        "rvsjax/sweep/verify.py",
        "rng.choice(ends - 1, min",
        "rng.choice(np.maximum(ends - 2, 0), min",
        f"{_AGAIN}::test_the_last_row_of_each_block_and_a_drawn_sample",
    ),
    Mutation(
        "rvsjax/sweep/schedule.py",
        "if number not in done or number in retry",
        "if number not in done",
        "tests/sweep/test_runner.py::test_a_block_that_fails_is_kept_and_can_be_retried",
    ),
    Mutation(
        "rvsjax/sweep/schedule.py",
        "number % shards == index - 1",
        "number % shards == 0",
        "tests/sweep/test_runner.py"
        "::test_shards_share_a_folder_and_the_last_one_compacts",
    ),
    Mutation(
        "rvsjax/sweep/resolve.py",
        "if asked and asked != had:",
        "if asked and asked == had:",
        "tests/sweep/test_execution.py::test_a_folder_keeps_its_setting",
    ),
    Mutation(
        "rvsjax/sweep/engine/compilation.py",
        "known = _programs.get(key)",
        "known = None",
        "tests/sweep/test_runner.py"
        "::test_a_program_for_a_penalty_and_none_for_new_values",
    ),
    Mutation(
        "rvsjax/cli/failures.py",
        "return Failure(_mistakes(error, arguments.file), REFUSED)",
        "return Failure(_mistakes(error, arguments.file), SOME_FAILED)",
        "tests/cli/test_main.py"
        "::test_all_mistakes_of_a_file_are_on_stderr_with_their_number",
    ),
]
MUTATIONS = [*ATOMIC, *LOCK, *FILES, *SWEEP]
