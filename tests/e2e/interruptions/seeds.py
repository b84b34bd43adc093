"""The recorded seeds: eight for each way to be interrupted. A seed decides moment, signal and command."""

SEEDS = {
    "driver": (11, 29, 137, 402, 518, 642, 777, 866),
    "agent": (7, 48, 151, 263, 395, 577, 682, 914),
    "host": (3, 64, 172, 281, 449, 560, 708, 893),
    "link": (19, 85, 196, 310, 427, 599, 751, 938),
    "disk": (23, 97, 214, 336, 471, 615, 787, 972),
}

ALL = [(kind, seed) for kind, seeds in SEEDS.items() for seed in seeds]
