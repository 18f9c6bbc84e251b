"""A trainable second layer, where surrogates differ (Yin et al. 2019)."""

from rvsjax.two_layer.descent import Curves, Descent, TwoLayerRun, descend, ending
from rvsjax.two_layer.population import SURROGATES, Shape, TwoLayerTeacher

__all__ = [
    "SURROGATES",
    "Curves",
    "Descent",
    "Shape",
    "TwoLayerRun",
    "TwoLayerTeacher",
    "descend",
    "ending",
]
