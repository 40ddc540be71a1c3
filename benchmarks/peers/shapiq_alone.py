"""Shapley values by shapiq, in an interpreter that has it and no other package of ours.

    python shapiq_alone.py IN.npz OUT.npz

reads x, background and the layers of a perceptron of rectifiers (kernel0, bias0, kernel1, …), and
budgets; writes, for each sampler and budget, values (samples, features, outputs) and the
processor's seconds. Outputs are explained one after another, as shapiq does; the network is asked
for all of them at once, and never twice for the same coalitions.
"""

import json
import sys
import time
import warnings

import numpy as np
import shapiq

SAMPLERS = {
    "KernelSHAP": {"pairing_trick": True},
    "LeverageSHAP": {"pairing_trick": True},
    "OddSHAP": {},
    "RegressionMSR": {"index": "SV"},
}
ROWS = 2**15


class Game:
    """The mean outputs over the background of coalitions (m, features) of one sample."""

    def __init__(self, layers, x, background):
        self.layers, self.x, self.background, self.known = layers, x, background, {}

    def __call__(self, coalitions):
        """Return (m, outputs)."""
        inside = np.atleast_2d(coalitions).astype(bool)
        key = inside.tobytes()
        if key not in self.known:
            size = max(1, ROWS // len(self.background))
            parts = [self._worth(inside[at : at + size]) for at in range(0, len(inside), size)]
            self.known[key] = np.concatenate(parts)
        return self.known[key]

    def _worth(self, inside):
        rows = np.where(inside[:, None], self.x, self.background).reshape(-1, len(self.x))
        for number, (kernel, bias) in enumerate(self.layers):
            rows = (rows if not number else np.maximum(rows, 0)) @ kernel + bias
        return rows.reshape(len(inside), len(self.background), -1).mean(axis=1, dtype=np.float64)


def explained(name, game, budget, outputs):
    """Return values (features, outputs), one output after another."""
    values = []
    for output in range(outputs):
        sampler = getattr(shapiq.approximator, name)(
            n=len(game.x), random_state=0, **SAMPLERS[name]
        )
        found = sampler.approximate(budget, lambda z, at=output: game(z)[:, at])
        values.append(found.get_n_order_values(1))
    return np.stack(values, axis=1)


def main(given, written):
    """Explain all samples by every sampler that takes the budget."""
    warnings.simplefilter("ignore")
    held = np.load(given)
    count = sum(name.startswith("kernel") for name in held)
    layers = [(held[f"kernel{k}"], held[f"bias{k}"]) for k in range(count)]
    found, lines = {}, []
    for name in SAMPLERS:
        for budget in map(int, held["budgets"]):
            try:
                tries = [held["x"][0], *held["x"]]  # the first time isn't counted
                values, seconds = [], []
                for x in tries:
                    game, begin = Game(layers, x, held["background"]), time.process_time()
                    values.append(explained(name, game, budget, layers[-1][1].size))
                    seconds.append(time.process_time() - begin)
            except Exception as error:  # too small a budget, a package that isn't there
                print(f"shapiq {name}, {budget:,}: {str(error)[:120]}", file=sys.stderr)
                continue
            found[f"values{len(lines)}"] = np.stack(values[1:])
            lines.append({"method": name, "coalitions": budget, "seconds": seconds[1:]})
    np.savez(written, lines=json.dumps(lines), version=shapiq.__version__, **found)


if __name__ == "__main__":
    main(*sys.argv[1:3])
