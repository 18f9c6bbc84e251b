"""Images a second of LeNets in training, summed over networks, against other ways.

python benchmarks/lenet.py [--networks 1 4 16 64] [--steps 4] [--rounds 5] [--json FILE]

RVSCGD with l0, binary activations (clipped surrogate), batches of 128 random images,
batch normalisation off and on. Each step takes a minibatch, its gradient, u and SGD
with momentum and decay. Ways take turns; ratios are of one round, and the median is
shown. Compilation is outside the clock. On a busy machine PyTorch's threads wait for
each other for most of the time: ``--clock cpu --torch-threads 1`` compares work, in
images a second of one core.

| way    | what it is                                                                |
|--------|---------------------------------------------------------------------------|
| torch  | PyTorch, one network after another on all cores: the rate of one network   |
| naive  | ``jit(vmap)`` of the ordinary convolutional network                        |
| map    | ``lax.map`` over the same                                                  |
| single | rvsjax's products, all networks in one program                             |
| lanes  | the same in blocks, a thread a core, as the engine runs them               |
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from peers.machine import about

from rvsjax.nn.config import Network
from rvsjax.nn.lenet import LeNet
from rvsjax.nn.training import begin, train_epoch
from rvsjax.penalties import L0

BATCH = 128
SHARED = (0, 0, None, None, None, None)
WAYS = ("torch", "naive", "map", "single", "lanes")
Epoch = Callable[[], Any]


def data(steps: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return images, labels and the order of one epoch."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (2048, 28, 28)).astype(np.uint8)
    order = rng.integers(0, len(images), (steps, BATCH)).astype(np.int32)
    return images, (np.arange(2048) % 10).astype(np.uint8), order


def networks(count: int, forward: str, batch_norm: bool) -> Network:
    numbers = (1e-3, 0.9, 5e-4, 1e-5, 1e-2, 1.0, 0.9, 1.0)
    leaves = [np.full(count, x, np.float32) for x in numbers]
    net = LeNet("clipped", 1, batch_norm)
    return Network(
        np.arange(count, dtype=np.uint32),  # type: ignore[arg-type]
        *leaves,  # type: ignore[arg-type]
        penalty=L0(),
        architecture=net,
        forward=forward,
    )


def one_after_another(network, training, *shared):  # type: ignore[no-untyped-def]
    return jax.lax.map(lambda each: train_epoch(*each, *shared), (network, training))


def program(function: Any, network: Network, steps: int) -> Epoch:
    """Compile an epoch of some networks; return a call that waits for its end."""
    training = jax.jit(jax.vmap(begin))(network)
    shared = (*map(jnp.asarray, data(steps)), np.int32(0))
    made = jax.jit(function).lower(network, training, *shared).compile()
    return lambda: jax.block_until_ready(made(network, training, *shared))


def lanes(count: int, batch_norm: bool, options: argparse.Namespace) -> Epoch:
    """Return an epoch in blocks of one width, side by side in as many threads."""
    threads = min(len(os.sched_getaffinity(0)), count)
    width = min(options.width, count // threads)
    block = program(
        jax.vmap(train_epoch, SHARED),
        networks(width, "products", batch_norm),
        options.steps,
    )
    workers = ThreadPoolExecutor(threads)
    return lambda: list(workers.map(lambda _: block(), range(count // width)))


def contenders(
    count: int, batch_norm: bool, options: argparse.Namespace
) -> Iterator[tuple[str, Epoch, int]]:
    """Yield ways, an epoch of each, and how many networks it trains."""
    mapped = jax.vmap(train_epoch, SHARED)
    plain = networks(count, "plain", batch_norm)
    ours = networks(count, "products", batch_norm)
    for way in options.ways:
        if way == "torch":
            try:
                from peers import torch_lenet
            except ImportError as error:
                print(f"torch: not installed ({error.name})", file=sys.stderr)
                continue
            shared = *data(options.steps), batch_norm, options.torch_threads
            yield way, torch_lenet.prepare(*shared), 1
        elif way == "naive":
            yield way, program(mapped, plain, options.steps), count
        elif way == "map":
            yield way, program(one_after_another, plain, options.steps), count
        elif way == "single":
            yield way, program(mapped, ours, options.steps), count
        else:
            yield way, lanes(count, batch_norm, options), count


def measure(
    count: int, batch_norm: bool, options: argparse.Namespace
) -> dict[str, Any]:
    taking_part = list(contenders(count, batch_norm, options))
    clock = time.process_time if options.clock == "cpu" else time.perf_counter
    rounds: list[dict[str, float]] = [{} for _ in range(options.rounds + 1)]
    for found in rounds:
        for name, epoch, trained in taking_part:
            start = clock()
            epoch()
            found[name] = trained * options.steps * BATCH / (clock() - start)
    rounds = rounds[1:]  # the first of each touches its memory
    ours = [name for name in ("single", "lanes") if name in rounds[0]]
    peers = [name for name in rounds[0] if name not in ours]
    return {
        "networks": count,
        "batch_norm": batch_norm,
        **{n: round(statistics.median(r[n] for r in rounds)) for n in rounds[0]},
        **{
            f"{a}/{b}": round(statistics.median(r[a] / r[b] for r in rounds), 2)
            for a in ours
            for b in peers
        },
        "rounds": rounds,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="LeNets in training.")
    add = parser.add_argument
    add("--networks", nargs="+", type=int, default=[1, 4, 16, 64])
    add("--batch-norm", nargs="+", choices=["off", "on"], default=["off", "on"])
    add("--ways", nargs="+", choices=WAYS, default=WAYS)
    add("--steps", type=int, default=4, help="of an epoch here; MNIST has 468")
    add("--width", type=int, default=2, help="networks of a block of a lane")
    add("--rounds", type=int, default=5)
    add("--clock", choices=["wall", "cpu"], default="wall", help="see above")
    add("--torch-threads", type=int, default=os.cpu_count())
    add("--json", type=Path, metavar="FILE", help="write every round as JSON")
    options = parser.parse_args()
    head = about()
    print(", ".join(f"{name} {value}" for name, value in head.items()), flush=True)
    rows = []
    for switch in options.batch_norm:
        for count in options.networks:
            rows.append(measure(count, switch == "on", options))
            shown = {k: v for k, v in rows[-1].items() if k != "rounds"}
            print(pd.DataFrame([shown]).to_string(index=False), flush=True)
    if options.json:
        options.json.write_text(json.dumps(head | {"results": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
