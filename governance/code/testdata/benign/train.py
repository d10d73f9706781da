import torch
import torch.nn as nn


def evaluate(model, loader, device="cpu"):
    model.eval()  # no dropout
    correct = 0
    with torch.no_grad():
        for x, y in loader:
            correct += (model(x.to(device)).argmax(1) == y).sum().item()
    return correct / len(loader.dataset)


def restore(model, path):
    model.load_state_dict(torch.load(path, weights_only=True))
    return model.eval()
