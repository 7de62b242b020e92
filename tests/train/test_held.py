"""What a device holds where weights are divided."""

import pytest

from train.held import Held, in_layers, states_bytes


def test_layers_that_come_together_are_never_more_than_the_model() -> None:
    small = Held(weights=10, gradients=0, states=0, layer=8, outside=2, layer_gradients=0)

    assert small.on_a_device(2, 3) == 5 + 10


def test_layers_are_told_by_the_names_of_their_weights() -> None:
    sizes = [("head", 3), ("body.layers.0.a", 1), ("body.layers.0.b", 4), ("body.layers.11.a", 2)]

    assert in_layers(sizes) == (5, 3)
    assert in_layers([]) == (0, 0)


@pytest.mark.parametrize(
    ("optimizer", "size"), [("adamw_torch", 8), ("adafactor", 0), ("adamw_8bit", 2), ("lion_32bit", 4), ("unheard", 8)]
)
def test_an_optimiser_keeps_what_its_name_says(optimizer: str, size: int) -> None:
    assert states_bytes(optimizer) == size
