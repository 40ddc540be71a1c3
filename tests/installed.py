"""Install the wheel of a folder alone, in an environment of its own, and run it.

python tests/installed.py dist     as `make dist`
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Compare what the wheel holds with the source, install it, and run a study of three seeds."""
    from soak import CONFIG  # a neighbour, where this is run as a script

    (wheel,) = Path(sys.argv[1]).glob("*.whl")
    package = ROOT / "explainprune"
    source = {p.relative_to(ROOT).as_posix() for p in package.rglob("*") if p.is_file()}
    source = {name for name in source if "__pycache__" not in name}
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert held == source, sorted(held ^ source)
    with tempfile.TemporaryDirectory() as folder:
        python = Path(folder) / "venv" / "bin" / "python"
        subprocess.run([sys.executable, "-m", "venv", python.parents[1]], check=True)
        alone = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        pins = ["-c", str(ROOT / "constraints.txt")]
        install = [python, "-m", "pip", "install", "-q", *pins, wheel.resolve()]
        subprocess.run(install, env=alone, check=True)
        (Path(folder) / "c.toml").write_text(CONFIG)
        for call in (["doctor"], ["run", "c.toml", "-q", "-o", "out"]):
            command = [python, "-m", "explainprune", *call]
            subprocess.run(command, cwd=folder, env=alone, check=True)
        results = json.loads((Path(folder) / "out" / "results.json").read_text(encoding="utf-8"))
        assert len(results["seeds"]) == 3 and (Path(folder) / "out" / "report.html").is_file()
    print(f"{wheel.name}: {len(held)} files, installed alone and run")


if __name__ == "__main__":
    main()
