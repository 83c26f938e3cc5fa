"""C_k-invariant steerable CNNs (Weiler & Cesa 2019), the model called E2CNN in the comparison of E1.

Feature maps are stacks of fields of the regular representation of C_k: k channels a field, permuted cyclically when the
image turns by 360/k degrees. escnn supplies the basis of equivariant filters. Band-limited as they are, they are spanned
by few functions of the pixels (6 for 3 x 3), so a layer convolves every channel with these and then mixes channels: with
pooling folded into the first step, 6 products where the filters themselves need 16. Nothing is cached between passes,
so no filter outlives its weights.
"""

from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from ntklab.errors import InputError
from ntklab.nets.image_cnn import draw_parameters, pooled_sizes

BLOCKS = 2
TOLERANCE = 0.2
"""Largest relative difference between the number of multiplications and the one asked for."""
SECOND_PER_FIRST = 16
"""Fields of the second block for each of the first: the last layer sees one number of each of the second, and with fewer of these
the networks hardly learn."""


@lru_cache(maxsize=16)
def filter_basis(group_order: int, q: int, lifting: bool) -> Float[Tensor, "basis out _in {q} {q}"]:
    """Basis of the q x q filters from one regular field of C_k (an image, if `lifting`) to one regular field, float32.

    Band-limited as escnn does by default, of unit norm as escnn normalises. Turning a basis element by 90 degrees and
    shifting both its channel axes by k/4 gives it back, to float32 rounding, for k a multiple of 4.
    """
    from ntklab.nets._escnn import FieldType, R2Conv, gspaces  # 4 s

    plane = gspaces.rot2dOnR2(group_order)
    regular = FieldType(plane, [plane.regular_repr])
    of_input = FieldType(plane, [plane.trivial_repr]) if lifting else regular
    expansion = R2Conv(of_input, regular, q, initialize=False).basisexpansion
    elements = torch.eye(expansion.dimension())
    return torch.stack([expansion(element) for element in elements]).unflatten(-1, (q, q)).detach()


@lru_cache(maxsize=16)
def separated_basis(
    group_order: int, q: int, lifting: bool
) -> tuple[Float[Tensor, "basis out _in function"], Float[Tensor, "function {q} {q}"]]:
    """`filter_basis` as a product: coefficients, and orthonormal functions of the pixels which span all elements."""
    basis = filter_basis(group_order, q, lifting).double()
    elements = basis.flatten(0, 2).flatten(1)
    _, singular, functions = torch.linalg.svd(elements, full_matrices=False)
    # The others vanish up to the float32 rounding of the basis.
    functions = functions[singular > 1e-5 * singular[0]]
    coefficients = (elements @ functions.T).reshape(*basis.shape[:3], -1)
    return coefficients.float(), functions.float().unflatten(1, (q, q))


class SteerableConvolution(nn.Module):
    """Equivariant convolution under SAME padding, without bias, its result averaged over 2x2 if `pooled`.

    From (sample, in_fields * k, row, column), for `lifting` from images (sample, in_fields, row, column), to (sample,
    out_fields * k, ...); the k channels of a field are next to each other. Weights are the coefficients (out_fields,
    in_fields, basis), initially normal with the variance of He et al. 2015 in the expanded filter.
    """

    def __init__(
        self,
        in_fields: int,
        out_fields: int,
        *,
        group_order: int,
        lifting: bool,
        pooled: bool,
        filter_size: int,
        rng: np.random.Generator,
    ):
        super().__init__()
        self.pooled, self.group_order, self.filter_size = pooled, group_order, filter_size
        basis = filter_basis(group_order, filter_size, lifting)
        # What E sum w^2 over an output channel's inputs and taps is, for coefficients of variance one.
        power = in_fields * basis.square().sum().item() / group_order
        coefficients = rng.standard_normal((out_fields, in_fields, len(basis)), dtype=np.float32)
        self.weight = nn.Parameter(torch.from_numpy(coefficients) * (2 / power) ** 0.5)
        # Not trained and not saved; the basis (basis, k * in_k * function) is ready for a matrix product.
        coefficients_of_basis, functions = separated_basis(group_order, filter_size, lifting)
        self.register_buffer("basis", coefficients_of_basis.flatten(1).contiguous(), persistent=False)
        self.register_buffer("functions", functions, persistent=False)

    def mixing(self) -> Float[Tensor, "out inputs function"]:
        """Coefficients of all filters in the functions of the pixels."""
        out_fields, in_fields, _ = self.weight.shape
        blocks = (self.weight.flatten(0, 1) @ self.basis).reshape(
            out_fields, in_fields, self.group_order, -1, len(self.functions)
        )
        return blocks.transpose(1, 2).flatten(2, 3).flatten(0, 1)

    def filters(self) -> Float[Tensor, "out inputs q q"]:
        """The filters of all channels, as escnn has them."""
        return torch.einsum("oif,fab->oiab", self.mixing(), self.functions)

    def forward(self, x: Float[Tensor, "sample inputs row column"]) -> Float[Tensor, "sample out new_row new_column"]:
        taps, stride = self.functions[:, None], 1
        if self.pooled:
            # As in PooledConvolution: pooling is folded into a convolution of stride 2.
            taps, stride = functional.avg_pool2d(taps, 2, stride=1, padding=1), 2
        inputs = x.shape[1]
        h = functional.conv2d(
            x, taps.repeat(inputs, 1, 1, 1), stride=stride, padding=self.filter_size // 2, groups=inputs
        )
        return functional.conv2d(h, self.mixing().flatten(1)[:, :, None, None])


class FieldNorm(nn.BatchNorm2d):
    """Batch normalisation with one mean, variance, scale and shift a field, hence equivariant (escnn's InnerBatchNorm).

    (sample, field * k, row, column) to the same shape; the statistics are also over the k channels of a field.
    """

    def __init__(self, fields: int, group_order: int):
        super().__init__(fields)
        self.group_order = group_order

    def forward(self, z: Float[Tensor, "sample channel row column"]) -> Float[Tensor, "sample channel row column"]:
        # The group axis goes to the rows, which batch normalisation averages over.
        fields = z.unflatten(1, (-1, self.group_order)).flatten(2, 3)
        return super().forward(fields).reshape(z.shape)


class InvariantPool(nn.Module):
    """Maximum over the group, mean over positions: (sample, field * k, row, column) to (sample, field)."""

    def __init__(self, group_order: int):
        super().__init__()
        self.group_order = group_order

    def forward(self, z: Float[Tensor, "sample channel row column"]) -> Float[Tensor, "sample field"]:
        return z.unflatten(1, (-1, self.group_order)).amax(2).mean((2, 3))


def _multiplications(
    inputs: int, outputs: int, side: int, pooled: bool, *, group_order: int, lifting: bool, filter_size: int
) -> int:
    """Of a `SteerableConvolution` for one image, numbers of channels and the side of its result given."""
    functions = len(separated_basis(group_order, filter_size, lifting)[1])
    return inputs * functions * side**2 * ((filter_size + pooled) ** 2 + outputs)


def steerable_multiplications(
    first: int,
    second: int,
    *,
    group_order: int,
    size: int,
    channels_in: int,
    pooled: int,
    classes: int,
    filter_size: int = 3,
) -> int:
    """Multiplications of `steerable` with so many fields in the two blocks, for one image, normalisations left out."""
    sides = pooled_sizes(size, BLOCKS, min(pooled, BLOCKS))
    options = {"group_order": group_order, "filter_size": filter_size}
    channels = first * group_order, second * group_order
    return (
        _multiplications(channels_in, channels[0], sides[0], pooled > 0, lifting=True, **options)
        + _multiplications(channels[0], channels[1], sides[1], pooled > 1, lifting=False, **options)
        + second * classes
    )


def matched_fields(multiplications: int, **architecture) -> tuple[int, int]:
    """Numbers of fields of the two blocks for which `steerable` takes about as many multiplications as asked for.

    Of the pairs within 20 %, the best second number for each first, the one whose quotient (second by first) is nearest
    `SECOND_PER_FIRST`; `InputError` if there is none. `architecture` are the arguments of `steerable_multiplications`.
    """
    pairs, first = [], 1
    while steerable_multiplications(first, 1, **architecture) <= (1 + TOLERANCE) * multiplications:
        one, two = (steerable_multiplications(first, second, **architecture) for second in (1, 2))
        second = max(1, round(1 + (multiplications - one) / (two - one)))
        found = steerable_multiplications(first, second, **architecture)
        if abs(found - multiplications) <= TOLERANCE * multiplications:
            pairs.append((first, second))
        first += 1
    if not pairs:
        order, pair = architecture["group_order"], steerable_multiplications(1, 1, **architecture)
        raise InputError(
            f"no C{order}-steerable CNN of {BLOCKS} blocks takes {multiplications:,} multiplications within {TOLERANCE:.0%}: "
            f"one of a pair of fields takes {pair:,}. Compare with a larger CNN or take a smaller group"
        )
    return min(pairs, key=lambda pair: abs(np.log(pair[1] / pair[0] / SECOND_PER_FIRST)))


def steerable(
    *,
    group_order: int,
    size: int,
    channels_in: int,
    pooled: int,
    classes: int,
    multiplications: int,
    rng: np.random.Generator,
    filter_size: int = 3,
) -> nn.Sequential:
    """C_k-invariant CNN from images (sample, channels_in, size, size) to logits (sample, classes), float32.

    Two blocks [convolution, 2x2 average pooling if among the first `pooled`, normalisation of the fields, ReLU] on
    regular fields, pooling over group and positions, normalisation, linear. The numbers of fields are those with which it
    takes `multiplications` for an image within 20 % (`matched_fields`). Quarter turns of the image leave the logits unchanged
    to rounding if 4 | k; other rotations do up to the discretisation of images and filters.

    Without batch normalisation it hardly learns in the few steps in which the members do: the means over group and
    positions differ little between images. So batches of training need two images at least, and evaluation `.eval()`.
    `InputError` if there is no such network, or if a map of odd side would be pooled.
    """
    if group_order < 2:
        raise InputError(f"a steerable CNN needs a group of order 2 or more, not {group_order}")
    pooled = min(pooled, BLOCKS)
    pooled_sizes(size, BLOCKS, pooled)
    first, second = matched_fields(
        multiplications,
        group_order=group_order,
        size=size,
        pooled=pooled,
        channels_in=channels_in,
        classes=classes,
        filter_size=filter_size,
    )
    options = {"group_order": group_order, "filter_size": filter_size, "rng": rng}
    return nn.Sequential(
        SteerableConvolution(channels_in, first, lifting=True, pooled=pooled > 0, **options),
        FieldNorm(first, group_order),
        nn.ReLU(),
        SteerableConvolution(first, second, lifting=False, pooled=pooled > 1, **options),
        FieldNorm(second, group_order),
        nn.ReLU(),
        InvariantPool(group_order),
        nn.BatchNorm1d(second, affine=False),
        draw_parameters(nn.utils.skip_init(nn.Linear, second, classes), rng),
    )
