"""Files that were changed at random, and the readers that must say one sentence of ours on each."""

import importlib.util
import io
import json
import random
import shutil
import sys
import warnings
import zipfile
from pathlib import Path

import numpy as np

from explainprune.cli.failures import on_purpose
from explainprune.cli.toml import to_toml
from explainprune.data.players import resolve_players
from explainprune.keeping import Store, signed
from explainprune.reporting import load_results, report, that_fit
from explainprune.reporting.limits import held, limit
from explainprune.study.config import StudyConfig, study_config
from explainprune.types import Attribution, Certificate, Masks, Size
from explainprune.types.archives import read_array, read_arrays

TOKENS = (
    *(b"NaN", b"-Infinity", b"1e999", b"null", b"true", b"[", b"]", b"{", b"}", b'"', b"'", b","),
    *(b"0", b"-1", b"9" * 30, b"9" * 5000, b"1e-400", b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"\\"),
    *(b"\n", b"=", b"[" * 3000, b'{"a":' * 3000, b"O8", b"|V0", b"(((", b"PK\x03\x04", b"True"),
)
VALUES = (
    *(None, True, 0, -1, 10**30, 0.5, -1e300, "", "a", "\x00", [], {}, [None], [[1, 2], [3]]),
    *({"a": 1}, [1.5] * 3, "dense|pruned", ["x"] * 40),
)


def of_bytes(data, rng):
    """Change some bytes: flip, overwrite, cut, double, put in what readers may stumble on."""
    data = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 5))):
        at = rng.randrange(len(data) + 1)
        end = min(len(data), at + rng.choice((1, 1, 2, 8, 64, 1000)))
        how = rng.randrange(6)
        if how == 0 and at < len(data):
            data[at] ^= 1 << rng.randrange(8)
        elif how == 1:
            data[at:end] = rng.randbytes(end - at)
        elif how == 2:
            del data[at:end]
        elif how == 3:
            data[at:at] = data[at:end]
        elif how == 4:
            data[at:end] = rng.choice(TOKENS)
        else:
            del data[at:]
    return bytes(data)


def of_json(data, rng):
    """Change values of a JSON text, at any depth, and leave it JSON; else its bytes."""
    if rng.random() < 0.4:
        return of_bytes(data, rng)
    plain = json.loads(data)
    for _ in range(rng.choice((1, 1, 2, 4))):
        places = list(_places(plain))
        if not places:
            break
        holder, key = rng.choice(places)
        how = rng.randrange(4)
        if how == 0:
            del holder[key]
        elif how == 1 and isinstance(holder, dict):
            holder[rng.choice(("", "a", "schema", str(key) + "s"))] = holder.pop(key)
        elif how == 2:
            other, name = rng.choice(places)
            holder[key] = json.loads(json.dumps(other[name]))
        else:
            holder[key] = json.loads(json.dumps(rng.choice(VALUES)))
    return json.dumps(plain, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _places(node):
    if isinstance(node, dict | list):
        for key in list(node) if isinstance(node, dict) else range(len(node)):
            yield node, key
            yield from _places(node[key])


def of_npz(data, rng):
    """Change a member of an archive, its checksum with it; else the archive's own bytes."""
    if rng.random() < 0.4:
        return of_bytes(data, rng)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as archive, zipfile.ZipFile(out, "w") as made:
        names = archive.namelist()
        chosen = rng.choice(names)
        for name in names:
            content = archive.read(name)
            if name == chosen:
                how = rng.randrange(5)
                if how == 0:
                    continue
                if how == 1:
                    content = archive.read(rng.choice(names))
                elif how == 2:
                    content = of_bytes(content[:128], rng) + content[128:]
                elif how == 3:
                    name = rng.choice(("meta.npy", "a/b.npy", "b", "__entries__/x.npy", "x.txt"))
                else:
                    content = of_bytes(content, rng)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a name that is there twice is meant
                made.writestr(name, content)
    return out.getvalue()


def _results():
    """Return results as `results.json` holds them."""
    path = Path(__file__).parents[1] / "reporting" / "conftest.py"
    spec = importlib.util.spec_from_file_location("reporting_conftest", path)
    module = sys.modules.setdefault("reporting_conftest", importlib.util.module_from_spec(spec))
    spec.loader.exec_module(module)
    return module._load("factory").small_comparison().to_json().encode()


def _saved(value):
    file = Path("/dev/shm" if Path("/dev/shm").is_dir() else "/tmp") / "explainprune-mutated.npz"
    value.save(file)
    data = file.read_bytes()
    file.unlink()
    return data


def _attribution():
    x = np.arange(12.0).reshape(4, 3)
    return _saved(
        Attribution(
            x / 7, np.zeros(4), x.sum(axis=1), "kernel", targets=np.arange(4), std_error=x / 99,
            x=x, raw={"a": np.array(["one", "two", "three", "four"])},
            feature_names=("a", "b", "c"), notes=("a note",), options={"draws": 8, "limit": None},
        )
    )  # fmt: skip


def _masks():
    kernel = np.arange(12).reshape(4, 3) % 2 == 0
    return _saved(Masks({"a/kernel": kernel}, ("a/kernel",), {"a": kernel[0]}))


def _array():
    file = io.BytesIO()
    np.save(file, np.arange(12.0).reshape(4, 3))
    return file.getvalue()


def _certificate():
    size = Size(1, 1, 1, 1, 1)
    return Certificate("exact", "all inputs", 0.1, 0.1, 0, 3, size, size).to_json().encode()


def _config():
    return to_toml(StudyConfig().to_dict(), {}).encode()


def _read_attribution(path):
    found = Attribution.load(path)
    repr(found), found.relative_gap, len(found)


def _read_masks(path):
    found = Masks.load(path)
    repr(found), found.sparsity


def _rendered(path):
    """Read results, render their page and hold them to a limit, as `report` and `check` do."""
    shown = path.with_name("page")
    report(path, shown)
    shutil.rmtree(shown)
    with that_fit(path, ValueError):
        held(load_results(path)[0], limit("moved_weight=0.1", most=True))


def _read_plan(path):
    folder = path.parent / f"{path.stem}.cells"
    folder.mkdir(exist_ok=True)
    signed(folder)
    path.replace(folder / "plan.json")
    store = Store(folder)
    store.begin({"data": 1}, resume=True)
    assert Store(folder).before() == {"data": 1}


def _read_players(path):
    resolve_players(path, ["a", "b", "c"], 3)


READERS = {
    "masks.npz": (_masks, of_npz, _read_masks),
    "attribution.npz": (_attribution, of_npz, _read_attribution),
    "arrays.npz": (_masks, of_npz, read_arrays),
    "array.npy": (_array, of_bytes, read_array),
    "results.json": (_results, of_json, load_results),
    "report.json": (_results, of_json, _rendered),
    "certificate.json": (
        _certificate, of_json, Certificate.load,
    ),
    "plan.json": (lambda: b'{"data": 1, "model": [1, {"a": 2}]}', of_json, _read_plan),
    "config.toml": (_config, of_bytes, study_config),
    "players.toml": (lambda: b'both = ["a", "b"]\nalone = ["c"]\n', of_bytes, _read_players),
    "players.json": (lambda: b'{"both": ["a", "b"], "alone": ["c"]}', of_json, _read_players),
    "players.csv": (lambda: b"feature,player\na,both\nb,both\n", of_bytes, _read_players),
}  # fmt: skip


def unsaid(error):
    """Say what is wrong with an error, if it isn't one sentence of ours."""
    if not isinstance(error, ValueError) or not on_purpose(error):
        return f"{type(error).__name__}: {error}"
    return f"two lines: {error}" if "\n" in str(error).strip() else ""


def tried(name, folder, count, seed=0):
    """Read `count` mutants of a kind; return how many were refused, and what was said wrongly."""
    make, mutate, read = READERS[name]
    whole, rng, path = make(), random.Random(f"{name} {seed}"), Path(folder) / name
    path.write_bytes(whole)
    read(path)
    refused, wrong = 0, []
    for number in range(count):
        data = mutate(whole, rng)
        path.write_bytes(data)
        try:
            read(path)
        except Exception as error:
            refused += 1
            if said := unsaid(error):
                wrong.append(f"mutant {number} of {name}: {said[:300]}")
    return refused, wrong
