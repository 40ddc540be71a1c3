import math

import pytest

from explainprune.pruning.schedule import SCHEDULES, epochs_of_steps, sparsities


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("one_shot", [0.8]),
        ("linear", [0.2, 0.4, 0.6, 0.8]),
        ("cubic", [0.8 * 37 / 64, 0.8 * 7 / 8, 0.8 * 63 / 64, 0.8]),
        ("cosine", [0.4 * (1 - math.sqrt(0.5)), 0.4, 0.4 * (1 + math.sqrt(0.5)), 0.8]),
        ("geometric", [1 - 0.2**0.25, 1 - 0.2**0.5, 1 - 0.2**0.75, 0.8]),
    ],
)
def test_values_by_hand(name, expected):
    assert sparsities(name, 4, 0.8) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("steps", [1, 2, 5, 17])
@pytest.mark.parametrize("final", [0.0, 0.3, 0.95, 0.999])
def test_every_schedule_rises_to_exactly_what_was_asked(name, steps, final):
    reached = sparsities(name, steps, final)
    assert reached[-1] == final
    assert reached == sorted(reached)
    assert len(reached) == (1 if name == "one_shot" else steps)


def test_a_schedule_of_the_users_own():
    assert sparsities(lambda progress, sparsity: sparsity * progress**2, 2, 0.8) == [0.2, 0.8]
    with pytest.raises(ValueError, match=r"rises from 0 to sparsity=0.8. Received: 1.6 at step 1"):
        sparsities(lambda progress, sparsity: 2 * sparsity, 2, 0.8)


def test_errors():
    with pytest.raises(ValueError, match=r"Unknown schedule 'cubik'. Did you mean 'cubic'\?"):
        sparsities("cubik", 4, 0.8)
    with pytest.raises(ValueError, match=r"steps is 1 or more. Received: 0"):
        sparsities("cubic", 0, 0.8)


@pytest.mark.parametrize(("total", "steps"), [(10, 5), (7, 5), (3, 5), (0, 4), (1, 1), (11, 3)])
def test_epochs_add_up_and_the_odd_ones_come_late(total, steps):
    shared = epochs_of_steps(total, steps)
    assert sum(shared) == total
    assert max(shared) - min(shared) <= 1
    assert shared[-1] == max(shared)
