import subprocess
import sys
from pathlib import Path


def build(target):
    subprocess.run([sys.executable, "-m", "build", "--wheel", target], check=True)
    out = subprocess.check_output(["git", "rev-parse", "HEAD"], text=True).strip()
    Path("VERSION").write_text(out)


def clean(folder):
    for f in Path(folder).glob("*.pyc"):
        f.unlink()
