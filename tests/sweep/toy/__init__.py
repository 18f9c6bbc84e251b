"""A study that no package of ours names: a number is halved at every step."""
