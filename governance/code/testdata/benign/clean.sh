#!/bin/sh
rm -rf build dist ./*.egg-info
find . -name '*.pyc' -delete
find . -name __pycache__ -type d -exec rm -r {} +
rm -f /tmp/app.lock
