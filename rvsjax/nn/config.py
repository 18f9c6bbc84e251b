"""One network of a sweep: every hyperparameter a leaf, sizes and names static."""

from rvsjax.nn.lenet import LeNet
from rvsjax.types import Array, Penalty, pytree, static

__all__ = ["Network"]


@pytree
class Network:
    """Configuration of one training; the defaults of sweeps are the paper's.

    Networks of one type are trained together, mapped over their leaves. Dinh and Xin
    2020, Table 1: 100 epochs, momentum 0.9, weight decay 5e-4, learning rate 1e-3,
    a tenth of it from epoch 60 on. They leave open the batch and `architecture`.
    """

    seed: Array  # uint32; of the weights. The order of the images is given apart
    learning_rate: Array  # float32, as all that follow
    momentum: Array
    weight_decay: Array
    lam: Array
    beta: Array
    growth: Array  # of lam and beta over the training, for `rvscgd`
    sparsity: Array  # share of kernel entries to be 0, for methods that are told it
    gain: Array  # of the kernels at the start, see `rvsjax.nn.lenet.init`
    penalty: Penalty
    architecture: LeNet = static(default=LeNet())
    method: str = static(default="rvscgd")  # a key of `rvsjax.nn.sparsifiers.METHODS`
    epochs: int = static(default=100)
    batch: int = static(default=128)  # images a minibatch
    forward: str = static(default="products")  # "plain": the reference, same meaning
