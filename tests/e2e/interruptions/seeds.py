"""The recorded seeds: eight for each way to be interrupted. A seed decides moment and signal."""

SEEDS = {
    "driver": (11, 29, 137, 402, 518, 642, 777, 866),
    "agent": (7, 48, 151, 263, 395, 577, 682, 914),
    "host": (3, 64, 172, 281, 449, 560, 708, 893),
    "link": (19, 85, 196, 310, 427, 599, 751, 938),
    "disk": (23, 97, 214, 336, 471, 615, 787, 972),
}

# One of each way interrupts the longer command: `up` instead of `mirror` where the driver is killed, else
# `mirror` instead of the agent alone, which is the same on the mirror host in a third of the time.
LONGER = {("driver", 866), ("agent", 577), ("host", 281), ("link", 427), ("disk", 972)}

ALL = [(kind, seed) for kind, seeds in SEEDS.items() for seed in seeds]
