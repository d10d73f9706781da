from pathlib import Path
for p in Path(".").glob("*.bak"):
    p.unlink()
