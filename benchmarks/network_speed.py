"""How long an update of the networks that see takes, by the order of their weights in memory.

    python benchmarks/network_speed.py

One thread. *Plain* is PyTorch's order of a convolution's weights (filters, channels, height,
width); *channels last* is the one that ``make_algorithm`` chooses. Both take turns; medians of nine
forward and backward passes, and of nine forward passes for 64 cars.
"""

import statistics
import time
from collections.abc import Callable

import torch
from gymnasium import spaces

from racer.algorithms.networks import Perception

CASES = (("small", 64, 48, 512), ("shallow", 80, 60, 128), ("shallow", 160, 120, 128))
"""Network, width and height of the pictures, and states in a mini-batch."""

REPEATS = 9


def timed(run: Callable[[], object]) -> float:
    """Return how long something took (ms of processor time)."""
    start = time.process_time()
    run()
    return 1e3 * (time.process_time() - start)


def perception(
    network: str, width: int, height: int, order: torch.memory_format
) -> torch.nn.Module:
    """Return a network with its weights in an order."""
    space = spaces.Box(0, 255, (1, height, width), "uint8")
    return Perception(space, network).to(memory_format=order)  # type: ignore[call-overload]


def turns(nets: list[torch.nn.Module], pictures: torch.Tensor) -> tuple[list[float], list[float]]:
    """Return the medians of an update and of acting for 64 cars, for each network (ms)."""
    updates: list[list[float]] = [[] for _ in nets]
    acting: list[list[float]] = [[] for _ in nets]
    for _ in range(REPEATS + 1):
        for k, net in enumerate(nets):
            updates[k].append(timed(lambda net=net: net(pictures).square().mean().backward()))
            with torch.no_grad():
                acting[k].append(timed(lambda net=net: net(pictures[:64])))
    update, act = ([statistics.median(one[1:]) for one in both] for both in (updates, acting))
    return update, act


def main() -> None:
    """Measure and print."""
    torch.set_num_threads(1)
    print("network  pictures  batch   update ms: plain, channels last   64 cars ms: plain, last")
    for network, width, height, batch in CASES:
        orders = (torch.contiguous_format, torch.channels_last)
        nets = [perception(network, width, height, order) for order in orders]
        update, act = turns(nets, torch.rand(batch, 1, height, width))
        print(
            f"{network:<8} {width}x{height:<5} {batch:<6} {update[0]:16.1f} {update[1]:10.1f}"
            f" {act[0]:22.2f} {act[1]:8.2f}"
        )


if __name__ == "__main__":
    main()
