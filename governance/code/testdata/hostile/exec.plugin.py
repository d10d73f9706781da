def load(path):
    with open(path) as f:
        exec(f.read(), {})
