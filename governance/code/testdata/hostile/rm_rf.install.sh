#!/bin/sh
set -e
rm -r --force -v /srv/app
